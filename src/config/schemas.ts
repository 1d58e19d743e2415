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
  name: z.string().min(1, 'is empty'),
  people: z.array(
    z.string().refine((person) => (isUpn(person) ? UPN.test(person) : objectId.safeParse(person).success), {
      error: 'is neither a user principal name such as alex@example.com nor an Entra object id',
    }),
    'must be a list of user principal names and Entra object ids',
  ),
  actions: allOr(
    z.array(z.enum(RIGHTS, `is not an action: ${RIGHTS.join(', ')}`)),
    `must be all or a list of actions: ${RIGHTS.join(', ')}`,
  ),
  /** Names of devices.yaml, patterns in which `*` stands for any characters, and `site:NAME`. */
  devices: allOr(
    z.array(z.string().min(1, 'is empty')),
    'must be all or a list of device names, patterns with * and site:NAME',
  ),
  /** Ids as Teams has them; `audit export` shows them. `personal` stands for every personal chat. */
  conversations: z.union([z.literal(['all', 'personal']), z.array(z.string().min(1, 'is empty'))], {
    error: 'must be all, personal or a list of conversation ids',
  }),
});

const accessSchema = z.strictObject({
  roles: z.array(roleSchema).default([]),
  /** Shorthand for a role that allows everything everywhere. Entra object ids. */
  operators: z.array(objectId).default([]),
  /** Whom to ask for access, as it shall read in the sentence that refuses: a name or a mailbox. */
  ask: z.string().min(1).default('the people who run this bot'),
});

/** How support logs are collected. Where they go is `ftp_server` of junos-config.yaml; without it, the folder. */
const logsSchema = z.strictObject({
  /** A relative path starts at the configuration folder. */
  folder: z.string().min(1).default('../var/logs'),
  /** Files in that folder that are older, or more than so many, are removed. */
  keep_days: z.int().min(1).max(3_650).optional(),
  keep_files: z.int().min(1).max(100_000).optional(),
  /** Whether secrets are made unreadable on the way. */
  redact: z.boolean().default(true),
  /** Collections at once. */
  at_once: z.int().min(1).max(20).default(3),
  /** How long support information may take; by platform when not given. Minutes. */
  rsi_minutes: z.int().min(1).max(90).optional(),
  after_restart: z.enum(['begin-again', 'give-up']).default('begin-again'),
  /** PEM file of the authorities that sign the FTPS server's certificate; a relative path starts at this folder. */
  ca_file: z.string().min(1).optional(),
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
    /** Address to listen on. Local mode listens on 127.0.0.1 whatever is written here. */
    host: z.string().min(1).default('0.0.0.0'),
    port: z.int().min(0).max(65_535).default(3978),
    /** sqlite: a file. mssql: a SQL Server, its connection from the environment. */
    store: z.enum(['sqlite', 'mssql'], { error: 'must be sqlite or mssql' }).default('sqlite'),
    /** The SQLite file; a relative path starts at the configuration folder. */
    store_file: z.string().min(1).default('../var/assistant.sqlite'),
    /** mssql: the schema of the tables. */
    store_schema: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'is not the name of a schema')
      .default('dbo'),
    /** Events older than this are removed, the audit never; absent, all are kept. Days. */
    keep_events_days: z.int().min(1).max(36_500).optional(),
    /** OpenSSH known_hosts file with the devices' keys; a relative path starts at the configuration folder. */
    known_hosts: z.string().min(1).default('known_hosts'),
    /** Zone of the times people read when Teams does not tell theirs. IANA name. */
    time_zone: z.string().refine(isTimeZone, 'is not a time zone such as Europe/London').default('UTC'),
    locale: z.string().refine(isLocale, 'is not a locale such as en-gb').default('en-gb'),
    /** How long a confirmation card can be clicked. Minutes. */
    confirm_minutes: z.int().min(1).max(60).default(10),
    /** How long a device that was rebooted may take to come back. Minutes. */
    reboot_minutes: z.int().min(1).max(120).default(20),
    /** How long a confirmation card waits for what the devices say of themselves; 0 does not ask them. Seconds. */
    look_seconds: z.int().min(0).max(8).default(5),
    /** Nobody who is not named here may do anything. Local mode lets everyone. */
    access: accessSchema.prefault({}),
    /** Addresses and networks (CIDR) of reverse proxies whose X-Forwarded-For is believed. */
    trusted_proxies: z
      .array(z.string().refine(isNetwork, 'is not an IP address or a network such as 10.0.0.0/8'))
      .default([]),
    /** A card of events that were silent for so long is closed; the next event gets a new one. Minutes. */
    quiet_minutes: z.int().min(1).max(1_440).default(30),
    /** Support logs. */
    logs: logsSchema.prefault({}),
    /** The conversation that is told when the one for alerts takes no messages any more. */
    fallback_chat_id: z.string().min(1).optional(),
    /** How often the assistant tests itself; 0 never. Minutes. */
    canary_minutes: z.int().min(0).max(1_440).default(5),
    /** The conversation with the one message that the self-test keeps up to date. */
    canary_chat_id: z.string().min(1).optional(),
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
    events: patterns.optional(),
    message: patterns.optional(),
    /** Names of devices.yaml, patterns and `site:NAME`. */
    devices: patterns.optional(),
    severity: z
      .union([z.enum(SEVERITIES).transform((one) => [one]), z.array(z.enum(SEVERITIES))], {
        error: `must be one or more of ${SEVERITIES.join(', ')}`,
      })
      .optional(),
    facility: patterns.optional(),
    attributes: z.record(z.string().min(1), pattern).optional(),

    priority: prioritySchema.optional(),
    /** Stored under its priority, and never posted. */
    silence: z.boolean().optional(),
    /** What events have in common that share a card: event, device, site, message, or the name of an attribute. */
    group: z.array(z.string().min(1)).min(1, 'is empty').optional(),
    title: z.string().min(1).max(100, 'is longer than 100 characters').optional(),
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
  config: z.strictObject({
    webhook_secret: secretTexts,
    /** Secrets of single devices, by their host names: such a device is believed with its own only. */
    device_secrets: z
      .record(z.string().min(1), secretTexts)
      .nullish()
      .transform((secrets) => secrets ?? {}),
    /** Refuse events whose timestamp is more than five minutes off, instead of storing and marking them. */
    strict_time: z.boolean().default(false),
    auth_header: z
      .string()
      .regex(/^[A-Za-z0-9-]+$/, 'is not a header name such as Junos-Auth')
      .default('Junos-Auth'),
    sql_table: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is not a table name')
      .default('junos_events'),
    chat_id: z.string().nullish(),
    ftp_server: z.string().nullish(),
    ftp_dir: z.string().nullish(),
  }),
  /** What is no priority is reported, and counts as none: as 1. */
  events: z
    .record(z.string().min(1), z.unknown())
    .nullish()
    .transform((events) => events ?? {}),
  rules: z
    .array(ruleSchema)
    .nullish()
    .transform((rules) => rules ?? []),
});

export const isPriority = (value: unknown): value is Priority => prioritySchema.safeParse(value).success;

const NOT_A_NAME = 'is not a device name: letters, digits, dots and dashes';
const deviceName = z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/, NOT_A_NAME);

const portNumber = z.int().min(1).max(65_535);

/** How to log in over SSH. Without a key or an agent, the password in secrets.yaml. */
const loginKeys = {
  /** Who logs in; without it the user of the entry in secrets.yaml. */
  user: z.string().min(1).optional(),
  /** An OpenSSH or PEM private key; a relative path starts at the configuration folder. Its passphrase is the secret. */
  key_file: z.string().min(1).optional(),
  /** Log in with the keys of the SSH agent of this server (SSH_AUTH_SOCK). */
  agent: z.boolean().optional(),
};

/** The SSH server to go through: the name of a device, or where it is. */
const jumpSchema = z.union(
  [deviceName, z.strictObject({ address: z.string().min(1), port: portNumber.optional(), ...loginKeys })],
  { error: 'is neither the name of a device nor a mapping with an address' },
);

/** devices.yaml: YAML documents, one per site. A device is a name, or a mapping when it needs more. */
export const devicesSchema = z.strictObject({
  site: z.string().min(1),
  devices: z
    .array(
      z.union(
        [
          deviceName.transform((name) => ({ name })),
          z.strictObject({
            name: deviceName,
            /** Where to connect when the name does not resolve. */
            address: z.string().min(1).optional(),
            /** The only port to try; without it 830, then 22. */
            port: portNumber.optional(),
            /** What the device calls itself, when that is not its name here. Checked before any command. */
            hostname: z.string().min(1).optional(),
            ...loginKeys,
            /** Also offer what old Junos needs: SHA-1 key exchanges and CBC ciphers. */
            legacy: z.boolean().optional(),
            jump: jumpSchema.optional(),
          }),
        ],
        { error: NOT_A_NAME },
      ),
    )
    .nullish()
    .transform((devices) => devices ?? []),
});

/** entities.yaml: the vocabulary. Processes are for the restart action. */
export const entitiesSchema = z.strictObject({ process: z.array(z.string().min(1)).nullish() });

export type AssistantConfig = z.infer<typeof assistantSchema>;
export type JunosConfig = z.infer<typeof junosConfigSchema>;
export type SiteDocument = z.infer<typeof devicesSchema>;
