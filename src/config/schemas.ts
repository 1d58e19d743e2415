import { z } from 'zod';
import { isUpn, RIGHTS } from '../access.ts';
import { isNetwork } from '../networks.ts';
import { isTimeZone } from '../time.ts';

/**
 * One strict schema per file of the configuration folder. A schema is the validator, the type and the
 * reference at once: a key it does not know is a mistake, reported with its path.
 * `junos-config.yaml`, `devices.yaml`, `entities.yaml` and `secrets.yaml` keep the format of the
 * Python assistant this program replaces, so that its files can be copied over.
 */

const isLocale = (locale: string) => {
  try {
    return Intl.getCanonicalLocales(locale).length === 1;
  } catch {
    return false;
  }
};

const objectId = z.uuid('is not an Entra object id such as 00000000-0000-0000-0000-000000000000');

const UPN = /^[^\s@]+@[^\s@]+$/;

/** `all`, or what else the message names. */
const allOr = <T extends z.ZodType>(other: T, error: string) => z.union([z.literal('all'), other], { error });

/** A role: who may do what, to which devices, where. Nothing is allowed by leaving a key out: each has to be there. */
const roleSchema = z.strictObject({
  name: z.string().min(1, 'is empty').describe('How the role is called in the audit.'),
  people: z
    .array(
      z.string().refine((person) => (isUpn(person) ? UPN.test(person) : objectId.safeParse(person).success), {
        error: 'is neither a user principal name such as alex@example.com nor an Entra object id',
      }),
      'must be a list of user principal names and Entra object ids',
    )
    .describe('User principal names (alex@example.com) and Entra object ids.'),
  actions: allOr(
    z.array(z.enum(RIGHTS, `is not an action: ${RIGHTS.join(', ')}`)),
    `must be all or a list of actions: ${RIGHTS.join(', ')}`,
  ).describe('What they may do.'),
  devices: allOr(
    z.array(z.string().min(1, 'is empty')),
    'must be all or a list of device names, patterns with * and site:NAME',
  ).describe('Names of devices.yaml, patterns in which `*` stands for any characters, and `site:NAME`.'),
  conversations: z
    .union([z.literal(['all', 'personal']), z.array(z.string().min(1, 'is empty'))], {
      error: 'must be all, personal or a list of conversation ids',
    })
    .describe('Ids as Teams has them; `audit export` shows them. `personal` stands for every personal chat.'),
});

const accessSchema = z.strictObject({
  roles: z
    .array(roleSchema)
    .default([])
    .describe('Who may do what; every key of a role has to be there. Of several roles, each allows.'),
  operators: z
    .array(objectId)
    .default([])
    .describe('Shorthand for a role that allows everything everywhere. Entra object ids.'),
  ask: z
    .string()
    .min(1)
    .default('the people who run this bot')
    .describe('Whom to ask for access, as it shall read in the sentence that refuses: a name or a mailbox.'),
});

const pemFile = z.string().min(1, 'is empty').optional();
/** Both or neither. */
const keyPairKeys = {
  certificate_file: pemFile.describe('The certificate, as PEM; a relative path starts at the configuration folder.'),
  key_file: pemFile.describe('Its private key, as PEM.'),
};

/** Exact: anybody can have a name below trafficmanager.net. */
const hostName = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+$/,
    'is not a host name: no https://, port or *',
  );

/** Who the bot is towards Microsoft; Azure's variables of the environment say the same. The secret never stands here. */
const botSchema = z.strictObject({
  type: z
    .enum(['SingleTenant', 'UserAssignedMSI'], { error: 'must be SingleTenant or UserAssignedMSI' })
    .optional()
    .describe('How the bot is registered; or MicrosoftAppType.'),
  app_id: z.string().min(1, 'is empty').optional().describe('The application (client) id; or MicrosoftAppId.'),
  tenant_id: z.string().min(1, 'is empty').optional().describe('The directory (tenant) id; or MicrosoftAppTenantId.'),
  cloud: z
    .enum(['public', 'us-government'], { error: 'must be public or us-government' })
    .default('public')
    .describe('us-government: GCC High and DoD. GCC is in the public one.'),
  certificate_file: pemFile.describe(
    'In place of the secret: the certificate that the app registration in Entra has, as PEM.',
  ),
  key_file: pemFile.describe('Its private key, as PEM; RSA.'),
  service_hosts: z
    .array(hostName)
    .default([])
    .describe('Hosts that the bot answers to, beside the ones Microsoft documents for Teams.'),
});

const network = z.string().refine(isNetwork, 'is not an IP address or a network such as 10.0.0.0/8');

/** How support logs are collected. Where they go is `ftp_server` of junos-config.yaml; without it, the folder. */
const logsSchema = z.strictObject({
  folder: z
    .string()
    .min(1)
    .default('../var/logs')
    .describe(
      'Where they are kept when junos-config.yaml names no ftp_server; a relative path starts at the configuration folder.',
    ),
  keep_days: z
    .int()
    .min(1)
    .max(3_650)
    .optional()
    .describe('Files in that folder that are older are removed; absent, none are. Days.'),
  keep_files: z.int().min(1).max(100_000).optional().describe('The newest files that stay in that folder.'),
  redact: z.boolean().default(true).describe('Whether secrets are made unreadable on the way.'),
  at_once: z.int().min(1).max(20).default(3).describe('Collections at once.'),
  rsi_minutes: z
    .int()
    .min(1)
    .max(90)
    .optional()
    .describe('How long support information may take; by platform when not given. Minutes.'),
  after_restart: z
    .enum(['begin-again', 'give-up'])
    .default('begin-again')
    .describe('What becomes of a collection when the program is started again.'),
  ca_file: z
    .string()
    .min(1)
    .optional()
    .describe(
      "PEM file of the authorities that sign the FTPS server's certificate; a relative path starts at this folder.",
    ),
});

/** show-commands.yaml: what the extensive mode runs. */
export const showCommandsSchema = z
  .array(
    z
      .string()
      .regex(/^show \S/, 'does not begin with show')
      .max(200, 'is longer than 200 characters'),
  )
  .max(200, 'has more than 200 commands');

/** assistant.yaml: the program itself. */
export const assistantSchema = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .default('0.0.0.0')
      .describe('Address to listen on. Local mode listens on 127.0.0.1 whatever is written here.'),
    port: z.int().min(0).max(65_535).default(3978).describe('Port to listen on.'),
    store: z
      .enum(['sqlite', 'mssql'], { error: 'must be sqlite or mssql' })
      .default('sqlite')
      .describe('sqlite: a file. mssql: a SQL Server, its connection from the environment.'),
    store_file: z
      .string()
      .min(1)
      .default('../var/assistant.sqlite')
      .describe('The SQLite file; a relative path starts at the configuration folder.'),
    store_schema: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'is not the name of a schema')
      .default('dbo')
      .describe('mssql: the schema of the tables.'),
    keep_events_days: z
      .int()
      .min(1)
      .max(36_500)
      .optional()
      .describe('Events older than this are removed, the audit never; absent, all are kept. Days.'),
    known_hosts: z
      .string()
      .min(1)
      .default('known_hosts')
      .describe("OpenSSH known_hosts file with the devices' keys; a relative path starts at the configuration folder."),
    time_zone: z
      .string()
      .refine(isTimeZone, 'is not a time zone such as Europe/London')
      .default('UTC')
      .describe('Zone of the times people read when Teams does not tell theirs. IANA name.'),
    locale: z
      .string()
      .refine(isLocale, 'is not a locale such as en-gb')
      .default('en-gb')
      .describe('How dates and numbers are read and written: en-gb has the day first, en-us the month.'),
    confirm_minutes: z
      .int()
      .min(1)
      .max(60)
      .default(10)
      .describe('How long a confirmation card can be clicked. Minutes.'),
    reboot_minutes: z
      .int()
      .min(1)
      .max(120)
      .default(20)
      .describe('How long a device that was rebooted may take to come back. Minutes.'),
    look_seconds: z
      .int()
      .min(0)
      .max(8)
      .default(5)
      .describe(
        'How long a confirmation card waits for what the devices say of themselves; 0 does not ask them. Seconds.',
      ),
    access: accessSchema
      .prefault({})
      .describe('Nobody who is not named here may do anything. Local mode lets everyone.'),
    trusted_proxies: z
      .array(network)
      .default([])
      .describe('Addresses and networks (CIDR) of reverse proxies whose X-Forwarded-For is believed.'),
    monitoring_networks: z
      .array(network)
      .default([])
      .describe('Who may read /metrics and the details of /readyz, beside this machine. Addresses and networks.'),
    bot: botSchema.prefault({}).describe('Who the bot is towards Microsoft. Without an app id: local mode.'),
    tls: z.strictObject(keyPairKeys).prefault({}).describe("TLS on the bot's own port."),
    events: z
      .strictObject({
        listen: z
          .strictObject({
            host: z.string().min(1).default('0.0.0.0').describe('Address to listen on.'),
            port: z.int().min(0).max(65_535).describe('Port to listen on.'),
          })
          .describe('Where they are taken.'),
        ...keyPairKeys,
      })
      .optional()
      .describe("A port of its own for the events of devices; the bot's port does not take them then."),
    quiet_minutes: z
      .int()
      .min(1)
      .max(1_440)
      .default(30)
      .describe('A card of events that were silent for so long is closed; the next event gets a new one. Minutes.'),
    logs: logsSchema.prefault({}).describe('How support logs are collected.'),
    fallback_chat_id: z
      .string()
      .min(1)
      .optional()
      .describe('The conversation that is told when the one for alerts takes no messages any more.'),
    canary_minutes: z
      .int()
      .min(0)
      .max(1_440)
      .default(5)
      .describe('How often the assistant tests itself; 0 never. Minutes.'),
    canary_chat_id: z
      .string()
      .min(1)
      .optional()
      .describe('The conversation with the one message that the self-test keeps up to date.'),
  })
  .prefault({});

/** Teams posts under the priority's number: 1 with detail, 2 summary; 3 is stored only; 4 is ignored. */
const prioritySchema = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)], {
  error: 'must be 1 (Teams with detail), 2 (Teams summary), 3 (stored only) or 4 (ignored)',
});
export type Priority = z.infer<typeof prioritySchema>;

const SEVERITIES = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'] as const;

/** A text in which `*` stands for any characters, in any case. */
const pattern = z.string().min(1, 'is empty').max(200, 'is longer than 200 characters');
const patterns = z.union([pattern.transform((one) => [one]), z.array(pattern).min(1, 'is empty')], {
  error: 'must be a pattern or a list of patterns, in which * is any characters',
});

/** What an event must have for a rule to count; a key that is left out does not matter. */
const ruleSchema = z
  .strictObject({
    events: patterns
      .optional()
      .describe('Ids of events; like every text to match, with `*` for any characters, in any case.'),
    message: patterns.optional().describe('The whole message.'),
    devices: patterns.optional().describe('Names of devices.yaml, patterns and `site:NAME`.'),
    severity: z
      .union([z.enum(SEVERITIES).transform((one) => [one]), z.array(z.enum(SEVERITIES))], {
        error: `must be one or more of ${SEVERITIES.join(', ')}`,
      })
      .optional()
      .describe('Of the syslog message, where the device sends it.'),
    facility: patterns.optional().describe('Of the syslog message, where the device sends it.'),
    attributes: z
      .record(z.string().min(1), pattern)
      .optional()
      .describe('Attributes of the event by name, such as `interface-name: ge-0/0/*`.'),

    priority: prioritySchema.optional().describe('In place of the one under `events`.'),
    silence: z.boolean().optional().describe('Stored under its priority, and never posted.'),
    group: z
      .array(z.string().min(1))
      .min(1, 'is empty')
      .optional()
      .describe(
        'What events have in common that share a card: event, device, site, message, or the name of an attribute.',
      ),
    title: z.string().min(1).max(100, 'is longer than 100 characters').optional().describe('What the card is called.'),
  })
  .refine(({ priority, silence, group, title }) => [priority, silence, group, title].some((set) => set !== undefined), {
    error: 'sets nothing: give it a priority, silence, group or title',
  });
export type EventRule = z.infer<typeof ruleSchema>;

const secretText = z
  .string()
  .min(1, 'is empty')
  // Their key would be an empty one, with which anybody can sign.
  .refine((secret) => !secret.startsWith('whsec_') || Buffer.from(secret.slice(6), 'base64').length > 0, {
    error: 'begins with whsec_, but what follows is not base64',
  });
/** One secret, or two while devices change from one to the other. */
const secretTexts = z.union([secretText.transform((one) => [one]), z.array(secretText).min(1).max(2)], {
  error: 'must be a text, or a list of two while devices change from one to the other',
});

/** junos-config.yaml: the webhook and the priorities. An event without a number counts as 1. */
export const junosConfigSchema = z.strictObject({
  config: z
    .strictObject({
      webhook_secret: secretTexts.describe(
        'What devices sign their events with. Two while they change from one to the other.',
      ),
      device_secrets: z
        .record(z.string().min(1), secretTexts)
        .nullish()
        .transform((secrets) => secrets ?? {})
        .describe('Secrets of single devices, by their host names: such a device is believed with its own only.'),
      strict_time: z
        .boolean()
        .default(false)
        .describe('Refuse events whose timestamp is more than five minutes off, instead of storing and marking them.'),
      auth_header: z
        .string()
        .regex(/^[A-Za-z0-9-]+$/, 'is not a header name such as Junos-Auth')
        .default('Junos-Auth')
        .describe('The header with the signature.'),
      sql_table: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is not a table name')
        .default('junos_events')
        .describe('The table of events in SQL Server.'),
      chat_id: z
        .string()
        .nullish()
        .describe('The conversation for alerts; without it, the one in which somebody wrote `alerts here`.'),
      ftp_server: z
        .string()
        .nullish()
        .describe('Where support logs go: a host (plain FTP), or a URL with ftp, ftpes, ftps, sftp or file.'),
      ftp_dir: z.string().nullish().describe('The directory there.'),
    })
    .describe('The webhook, the alerts, and where logs go.'),
  events: z
    .record(z.string().min(1), z.unknown())
    .nullish()
    .transform((events) => events ?? {})
    .describe(
      'Event id: 1 Teams with detail, 2 Teams summary, 3 stored only, 4 ignored. What is missing here, or is no priority, counts as 1.',
    ),
  rules: z
    .array(ruleSchema)
    .nullish()
    .transform((rules) => rules ?? [])
    .describe(
      'Looked at from the top: what an event must have, and what is set then. The first that fits counts, for each thing that is set.',
    ),
});

export const isPriority = (value: unknown): value is Priority => prioritySchema.safeParse(value).success;

const NOT_A_NAME = 'is not a device name: letters, digits, dots and dashes';
const deviceName = z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/, NOT_A_NAME);

const portNumber = z.int().min(1).max(65_535);

/** How to log in over SSH. Without a key or an agent, the password in secrets.yaml. */
const loginKeys = {
  user: z.string().min(1).optional().describe('Who logs in; without it the user of the entry in secrets.yaml.'),
  key_file: z
    .string()
    .min(1)
    .optional()
    .describe(
      'An OpenSSH or PEM private key; a relative path starts at the configuration folder. Its passphrase is the secret.',
    ),
  agent: z.boolean().optional().describe('Log in with the keys of the SSH agent of this server (SSH_AUTH_SOCK).'),
};

const jumpSchema = z.union(
  [
    deviceName,
    z.strictObject({
      address: z.string().min(1).describe('Where it is.'),
      port: portNumber.optional().describe('Its SSH port; 22 when not given.'),
      ...loginKeys,
    }),
  ],
  { error: 'is neither the name of a device nor a mapping with an address' },
);

/** devices.yaml: YAML documents, one per site. A device is a name, or a mapping when it needs more. */
export const devicesSchema = z.strictObject({
  site: z.string().min(1).describe('The name of the site, as people say it.'),
  devices: z
    .array(
      z.union(
        [
          deviceName.transform((name) => ({ name })),
          z.strictObject({
            name: deviceName.describe('As people say it, and as the device calls itself.'),
            address: z.string().min(1).optional().describe('Where to connect when the name does not resolve.'),
            port: portNumber.optional().describe('The only port to try; without it 830, then 22.'),
            hostname: z
              .string()
              .min(1)
              .optional()
              .describe('What the device calls itself, when that is not its name here. Checked before any command.'),
            ...loginKeys,
            legacy: z
              .boolean()
              .optional()
              .describe('Also offer what old Junos needs: SHA-1 key exchanges and CBC ciphers.'),
            jump: jumpSchema.optional().describe('The SSH server to go through: the name of a device, or where it is.'),
          }),
        ],
        { error: NOT_A_NAME },
      ),
    )
    .nullish()
    .transform((devices) => devices ?? [])
    .describe('Its devices: a name, or a mapping for one that needs more.'),
});

/** entities.yaml: the vocabulary. Processes are for the restart action. */
export const entitiesSchema = z.strictObject({
  process: z.array(z.string().min(1)).nullish().describe('Junos processes that can be restarted by name.'),
});

export type AssistantConfig = z.infer<typeof assistantSchema>;
export type JunosConfig = z.infer<typeof junosConfigSchema>;
export type SiteDocument = z.infer<typeof devicesSchema>;
