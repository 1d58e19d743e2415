import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { zipSync } from 'fflate';
import template from '../../manifest/manifest.json' with { type: 'json' };
import { UUID } from '../config/identity.ts';
import { loadConfigOrThrow } from '../config/load.ts';
import { AssistantError } from '../errors.ts';
import { VERSION } from '../version.ts';

export interface ManifestOptions {
  /** The zip file to write. */
  out: string;
  appId?: string;
  appVersion?: string;
  name?: string;
  fullName?: string;
  description?: string;
  fullDescription?: string;
  developer?: string;
  website?: string;
  privacy?: string;
  terms?: string;
}

export type Manifest = typeof template;

/** Where each option ends up, as Microsoft's schema calls it. */
const OPTIONS: Record<string, string> = {
  '/id': '--app-id',
  '/version': '--app-version',
  '/name/short': '--name',
  '/name/full': '--full-name',
  '/description/short': '--description',
  '/description/full': '--full-description',
  '/developer/name': '--developer',
  '/developer/websiteUrl': '--website',
  '/developer/privacyUrl': '--privacy',
  '/developer/termsOfUseUrl': '--terms',
};

/** Of this project, so that a bot id has one app id that is not the bot's own: UUID version 5 of RFC 9562. */
const NAMESPACE = '5f0b7b51-6a2e-4c64-9d53-0c8a1f2f6f0e';

/** DOS time without a zone, the first there is: the same input makes the same bytes. */
const MTIME = new Date(1980, 0, 1);

/**
 * Writes the Teams app package: the manifest and its two icons, checked against Microsoft's schema without a network.
 * Prints what is in it as JSON.
 */
export async function manifestBuild(dir: string, options: ManifestOptions): Promise<void> {
  const manifest = manifestOf(await botId(dir, process.env), options);
  const problems = await problemsOf(manifest);
  if (problems.length > 0) throw new AssistantError('manifest-refused', problems.join('\n'));
  const zip = await packageOf(manifest);
  await writeFile(options.out, zip).catch((cause: NodeJS.ErrnoException) => {
    const sentence = `${options.out} cannot be written (${cause.code}). Name another file with --out.`;
    throw new AssistantError('manifest-not-written', sentence, { cause });
  });
  const { id, version, bots, developer } = manifest;
  if (developer.websiteUrl === template.developer.websiteUrl) {
    process.stderr.write(`The links of the app lead to ${developer.websiteUrl}: name yours with --website.\n`);
  }
  process.stdout.write(`${JSON.stringify({ file: options.out, version, appId: id, botId: bots[0]?.botId })}\n`);
}

/** The bot's application id, in lower case: from the environment, or from assistant.yaml in that folder. */
async function botId(dir: string, env: NodeJS.ProcessEnv): Promise<string> {
  const set = env.MicrosoftAppId?.trim() ?? '';
  const written = set === '' ? (await loadConfigOrThrow(dir, env, 'command')).config.assistant.bot.app_id : undefined;
  const id = written ?? set;
  if (UUID.test(id)) return id.toLowerCase();
  if (id !== '') {
    const where = written === undefined ? 'MicrosoftAppId' : 'bot.app_id in assistant.yaml';
    throw new AssistantError('no-app-id', `${where} is not an application id (a GUID).`);
  }
  throw new AssistantError(
    'no-app-id',
    "The app needs its bot: set bot.app_id in assistant.yaml, or MicrosoftAppId in the environment, to the application id of your Azure Bot (Azure portal, the bot's Configuration, Microsoft App ID).",
  );
}

/** The manifest of this bot; what no option says has its default. */
export function manifestOf(botId: string, options: Omit<ManifestOptions, 'out'>): Manifest {
  const { name, description, developer, bots } = template;
  const website = options.website ?? developer.websiteUrl;
  return {
    ...template,
    version: options.appVersion ?? appVersion(VERSION),
    id: options.appId ?? appIdOf(botId),
    developer: {
      name: options.developer ?? developer.name,
      websiteUrl: website,
      privacyUrl: options.privacy ?? website,
      termsOfUseUrl: options.terms ?? website,
    },
    name: { short: options.name ?? name.short, full: options.fullName ?? options.name ?? name.full },
    description: {
      short: options.description ?? description.short,
      full: options.fullDescription ?? description.full,
    },
    bots: bots.map((bot) => ({ ...bot, botId })),
  };
}

/** Teams takes three numbers, the first of them not 0. One more than ours, so that 1.0.0 comes after 0.9.0. */
export function appVersion(version: string): string {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.+-]/).map(Number);
  return `${major + 1}.${minor}.${patch}`;
}

/** The same for every package of one bot: an update, not a second app. */
export function appIdOf(botId: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(NAMESPACE.replaceAll('-', ''), 'hex'))
    .update(botId.toLowerCase())
    .digest()
    .subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A sentence for everything that Microsoft's schema, or Teams beyond it, refuses. */
export async function problemsOf(manifest: Manifest): Promise<string[]> {
  // Loaded here: no other command needs it. The schema is handed over, or the library might fetch one.
  const require = createRequire(import.meta.url);
  const { AppManifestUtils } = await import('@microsoft/app-manifest');
  const schema = require(
    `@microsoft/app-manifest/build/json-schemas/teams/v${manifest.manifestVersion}/MicrosoftTeams.schema.json`,
  );
  const found = await AppManifestUtils.validateAgainstSchema(manifest as never, schema);
  const own = ownProblems(manifest);
  const others = found.map(problemOf).filter(({ path }) => !(path in own));
  return [...new Set([...Object.values(own), ...others.map(({ text }) => text)])];
}

/** What Teams refuses beyond its schema, and what the schema would say with a pattern: a sentence by its place. */
function ownProblems({ developer, version, id }: Manifest): Record<string, string> {
  const { websiteUrl, privacyUrl, termsOfUseUrl } = developer;
  const isBad = (url: string) => !/^https:\/\/[^/]/i.test(url) || !URL.canParse(url) || url.length > 2_048;
  const bad = Object.entries({ websiteUrl, privacyUrl, termsOfUseUrl }).filter(([, url]) => isBad(url));
  const at = (path: string, what: string, said = path): [string, string] => [path, `${OPTIONS[said]} must be ${what}.`];
  return Object.fromEntries([
    ...(UUID.test(id) ? [] : [at('/id', 'a GUID')]),
    ...(/^[1-9]\d{0,8}(?:\.(?:0|[1-9]\d{0,8})){2}$/.test(version)
      ? []
      : [at('/version', 'three numbers such as 1.2.0, the first of them not 0')]),
    ...bad.map(([key, url]) => {
      const said = url === websiteUrl ? 'websiteUrl' : key;
      return at(`/developer/${key}`, 'an address such as https://example.com/assistant', `/developer/${said}`);
    }),
  ]);
}

/** `/name/short must NOT have more than 30 characters. Details: …` as a sentence about the option. */
function problemOf(error: string): { path: string; text: string } {
  const [, path = '', what = error] = /^(\S*) (.*?)\.? Details: /s.exec(error) ?? [];
  return {
    path,
    text: `${OPTIONS[path] ?? `manifest.json: ${path || 'it'}`} ${what.replace('must NOT', 'must not')}.`,
  };
}

async function packageOf(manifest: Manifest): Promise<Uint8Array> {
  const { color, outline } = manifest.icons;
  const icon = (file: string) => readFile(new URL(`../../manifest/${file}`, import.meta.url));
  const files = {
    'manifest.json': Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`),
    [color]: await icon(color),
    [outline]: await icon(outline),
  };
  return zipSync(files, { mtime: MTIME });
}
