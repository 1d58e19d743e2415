import type { config } from 'mssql';

/** What the driver is told: where the server is and who logs in. Encrypted, the certificate checked, unless said otherwise. */
export type SqlServerSettings = Pick<
  config,
  | 'server'
  | 'port'
  | 'database'
  | 'user'
  | 'password'
  | 'domain'
  | 'authentication'
  | 'connectionTimeout'
  | 'requestTimeout'
> & { options: NonNullable<config['options']> };

/** Where the tables are. */
export interface SqlServerPlace {
  settings: SqlServerSettings;
  schema: string;
  /** The name of the table of events: `sql_table` of junos-config.yaml. */
  table: string;
}
