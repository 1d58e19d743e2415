#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { AssistantError, onUnexpected } from './errors.ts';

/**
 * The command line. Results go to stdout, everything else to stderr; exit 0 done, 1 refused or failed with one
 * clear line, 2 wrong usage. Each command's code is loaded when it is asked for.
 */
const program = new Command('network-assistant')
  .description('Network Assistant for Junos: a Microsoft Teams bot for the people who run Juniper networks')
  .addOption(new Option('--config <dir>', 'configuration folder').env('NETWORK_ASSISTANT_CONFIG').default('config'))
  .exitOverride();

const configDir = () => program.opts<{ config: string }>().config;

const port = (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return value;
};

const count = (text: string) => {
  const value = Number(text);
  if (!/^\d{1,6}$/.test(text) || value < 1) throw new InvalidArgumentError('A whole number from 1 to 999999.');
  return value;
};

program
  .command('start')
  .description('run the bot')
  .action(async () => {
    // Before the rest is loaded, which takes a second: the first process of a container does not hear a SIGTERM that
    // nobody listens for, and any other one would be ended by a SIGHUP.
    const signals = (await import('./cli/stop-signal.ts')).takeSignals();
    await (await import('./cli/start.ts')).startBot(configDir(), signals);
  });

program
  .command('check')
  .description('load every configuration file and list every problem')
  .action(async () => (await import('./cli/check.ts')).check(configDir()));

program
  .command('phrase [text]')
  .description('what the bot understands, as JSON')
  .option('--now <iso>', 'the moment it is said')
  .option('--zone <iana>', "the person's time zone")
  .option('--locale <tag>', "the person's locale, such as en-gb")
  .option('--stdin', 'read one JSON object per line: text, optional now, zone, locale')
  .option('--unknown', 'list what people wrote and the bot did not understand, newest first')
  .action(async (text, options) => {
    if (options.unknown) return await (await import('./cli/unknown-phrases.ts')).unknownPhrases(configDir());
    return await (await import('./cli/phrase-command.ts')).phraseCommand(configDir(), text, options);
  });

program
  .command('send-event')
  .description('send a signed test webhook')
  .requiredOption('--event <id>', 'event id, such as SYSTEM_ABNORMAL_SHUTDOWN')
  .requiredOption('--message <text>', 'message')
  .requiredOption('--hostname <name>', 'device it comes from')
  .option('--process <name>', 'process', '')
  .option('--detail <text>', 'detail: a text, or JSON rows', '')
  .option('--url <url>', 'where to send it; without it the bot of this configuration')
  .action(async (options) => (await import('./cli/send-event.ts')).sendEvent(configDir(), options));

const agent = program.command('agent').description('the event script of the devices, agent/junos-agent.py');
agent
  .command('policy')
  .description('the Junos set commands that make a device send the events of junos-config.yaml')
  .requiredOption('--url <url>', 'where the device sends to, https://HOST/webhooks/junos')
  .option(
    '--secret-file <path>',
    'file on the device with the webhook secret',
    '/var/home/netassist/junos-agent.secret',
  )
  .option('--user <name>', 'user of the device that the script runs as', 'netassist')
  .option('--within <seconds>', 'an event of priority 2 or 3 is sent within so many seconds', count, 60)
  .option('--until <count>', 'until it came so often', count, 10)
  .action(async (options) => (await import('./cli/agent-policy.ts')).agentPolicy(configDir(), options));

const device = program.command('device').description('a read-only look at a device');
device
  .command('facts <name>')
  .description('what the device says it is, as JSON')
  .action(async (name) => (await import('./cli/device.ts')).deviceFacts(configDir(), name));
device
  .command('pending <name>')
  .description('the reboot or shutdown that is scheduled, as JSON')
  .action(async (name) => (await import('./cli/device.ts')).devicePending(configDir(), name));
device
  .command('trust <name>')
  .description("the device's SSH host key, as JSON: exit 1 when it is not trusted")
  .option('--yes', 'add a key that is not known yet to the known_hosts file')
  .action(async (name, options) => (await import('./cli/device-trust.ts')).deviceTrust(configDir(), name, options));

program
  .command('simulate')
  .description('a simulated device on 127.0.0.1')
  .requiredOption('--hostname <name>', 'its host name')
  .requiredOption('--port <port>', 'port; 0 takes a free one', port)
  .requiredOption('--user <name>', 'user that may log in')
  .requiredOption('--password <password>', 'and its password')
  .option('--platform <platform>', 'srx, ex-vc, mx-dual-re, srx-cluster or evo', 'srx')
  .option('--replies <dir>', 'folder with RPC-NAME.xml files to answer with')
  .option('--legacy', 'offer only what an old Junos does')
  .action(async (options) => (await import('./cli/simulate.ts')).simulate(options));

const db = program.command('db').description('the tables of the store');
db.command('create')
  .description('make the tables or bring them up to date')
  .action(async () => (await import('./cli/db.ts')).dbCreate(configDir()));
db.command('status')
  .description('what is there: exit 1 when the bot cannot use it')
  .action(async () => (await import('./cli/db.ts')).dbStatus(configDir()));

const audit = program.command('audit').description('the record of what was asked, confirmed, sent and answered');
audit
  .command('verify')
  .description('check that no entry was changed, inserted or removed: exit 1 when one was')
  .action(async () => (await import('./cli/audit.ts')).auditVerify(configDir()));
audit
  .command('export')
  .description('the entries as JSON lines')
  .option('--since <iso>', 'only entries of this moment and later')
  .option('--device <name>', 'only entries about this device')
  .action(async (options) => (await import('./cli/audit.ts')).auditExport(configDir(), options));

const secrets = program.command('secrets').description('the credentials in secrets.yaml');
secrets
  .command('add <name>')
  .description(
    'add one, for the devices whose name holds this text or pattern; the password is asked for, or read from stdin',
  )
  .requiredOption('--user <name>', 'who logs in')
  .addOption(new Option('--type <type>', 'what it is for').choices(['junos', 'server']).default('junos'))
  .option('--replace', 'put it in the place of one of that name')
  .action(async (name, options) => (await import('./cli/secrets-add.ts')).secretsAdd(configDir(), name, options));
secrets
  .command('check')
  .description('which one serves each device, and whether it and its SSH key open: exit 1 when one does not')
  .action(async () => (await import('./cli/secrets-check.ts')).secretsCheck(configDir()));

program
  .command('manifest')
  .description('the app that people install in Teams')
  .command('build')
  .description("write its package, checked against Microsoft's schema")
  .option('--out <zip>', 'the file to write', 'network-assistant-teams.zip')
  .option('--app-id <guid>', 'id of the app; without it one that belongs to the bot for ever')
  .option('--app-version <version>', 'version of the app, which Teams wants higher for each update')
  .option('--name <text>', 'name, up to 30 characters')
  .option('--full-name <text>', 'full name, up to 100')
  .option('--description <text>', 'description, up to 80 characters')
  .option('--full-description <text>', 'full description, up to 4000')
  .option('--developer <text>', 'who runs the bot, up to 32 characters')
  .option('--website <url>', 'page about it')
  .option('--privacy <url>', 'page about privacy; without it the website')
  .option('--terms <url>', 'terms of use; without it the website')
  .action(async (options) => (await import('./cli/manifest.ts')).manifestBuild(configDir(), options));

program
  .command('demo')
  .description('the bot, three simulated devices and a local Teams client')
  .option('--port <port>', 'port of the local Teams client', port, 56_150)
  .option('--bot-port <port>', 'port of the bot', port, 3_978)
  .action(async (options) => (await import('./cli/demo.ts')).demo(options));

// The bot has a log for what became a sentence; a command has its stderr.
program.hook('preAction', (_program, command) => {
  if (!['start', 'demo'].includes(command.name()))
    onUnexpected(({ error, reference }) => {
      process.stderr.write(`Reference ${reference}: ${error instanceof Error ? error.stack : String(error)}\n`);
    });
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    // A stack says nothing to the person at the terminal; an error we did not foresee keeps it for the report.
    const text = error instanceof AssistantError ? error.message : `Unexpected: ${(error as Error).stack}`;
    process.stderr.write(`${text}\n`);
    process.exitCode = error instanceof AssistantError && error.code === 'usage' ? 2 : 1;
  }
}
