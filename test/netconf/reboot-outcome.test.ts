import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CommandOutcome, rebootOutcome } from '../../src/netconf/reboot-outcome.ts';
import { parseReply } from '../../src/netconf/reply.ts';

const status = (said: string) =>
  `<request-reboot-results><request-reboot-status reboot-time="1">\n${said}\n</request-reboot-status></request-reboot-results>`;
const rpcError = (message: string, more = '') =>
  `<rpc-error><error-severity>error</error-severity>${more}<error-message>\n${message}\n</error-message></rpc-error>`;
const warning = (message: string) =>
  `<rpc-error><error-severity>warning</error-severity><error-message>${message}</error-message></rpc-error>`;
const engines = (...items: string[]) =>
  `<multi-routing-engine-results>${items
    .map(
      (item, index) => `<multi-routing-engine-item><re-name>node${index}</re-name>${item}</multi-routing-engine-item>`,
    )
    .join('')}</multi-routing-engine-results>`;
const question = '<rpc><select-choice><prompt>Reboot the system ? [yes,no] (no) </prompt></select-choice></rpc>';

const done = (text: string, pid: number | null): CommandOutcome => ({ outcome: 'done', text, pid });
const unknown = (text: string): CommandOutcome => ({ outcome: 'unknown', text });
const refused = (reason: 'already-scheduled' | 'permission' | 'rejected', text: string): CommandOutcome => ({
  outcome: 'refused',
  reason,
  text,
});

const cases: [what: string, content: string, expected: CommandOutcome][] = [
  ['now', status('Shutdown NOW!\n[pid 17221]'), done('Shutdown NOW! [pid 17221]', 17221)],
  ['now, without a pid', status('Shutdown NOW!'), done('Shutdown NOW!', null)],
  [
    'scheduled',
    status('Shutdown at Wed Jul  9 18:15:00 2014.\n[pid 4446]'),
    done('Shutdown at Wed Jul 9 18:15:00 2014. [pid 4446]', 4446),
  ],
  ['after its question', question + status('Shutdown NOW!\n[pid 1]'), done('Shutdown NOW! [pid 1]', 1)],
  [
    'with warnings',
    `${warning('Rebooting re0')}<output>\nshutdown: [pid 13192]\n</output>`,
    done('Rebooting re0 shutdown: [pid 13192]', 13192),
  ],
  [
    'a second one',
    status('shutdown: another shutdown is running'),
    refused('already-scheduled', 'shutdown: another shutdown is running'),
  ],
  [
    'a second one, as an error',
    rpcError('another shutdown is running'),
    refused('already-scheduled', 'another shutdown is running'),
  ],
  [
    'one engine going, one refusing',
    engines(status('Shutdown NOW!'), status('another shutdown is running')),
    unknown('node0 Shutdown NOW! node1 another shutdown is running'),
  ],
  ['another member', '<output>\nRebooting fpc1\n</output>', done('Rebooting fpc1', null)],
  [
    'another member, beside an error',
    `<output>Rebooting fpc1</output>${rpcError('permission denied')}`,
    unknown('Rebooting fpc1 permission denied'),
  ],
  ['permission', rpcError('permission denied'), refused('permission', 'permission denied')],
  ['permission by tag', rpcError('no', '<error-tag>access-denied</error-tag>'), refused('permission', 'no')],
  ['syntax', rpcError('syntax error'), refused('rejected', 'syntax error')],
  [
    'a platform without it',
    rpcError('command is not valid on the vsrx'),
    refused('rejected', 'command is not valid on the vsrx'),
  ],
  [
    'a device going down',
    rpcError('error: System shutdown time has arrived'),
    unknown('error: System shutdown time has arrived'),
  ],
  ['an error nobody knows', rpcError('remote side closed'), unknown('remote side closed')],
  [
    'a refusal together with a success',
    engines(status('Shutdown NOW!'), rpcError('syntax error')),
    unknown('node0 Shutdown NOW! node1 syntax error'),
  ],
  ['a known and an unknown error', rpcError('syntax error') + rpcError('oops'), unknown('syntax error oops')],
  ['text nobody knows', '<output>Initiating</output>', unknown('Initiating')],
  ['only ok', '<ok/>', unknown('')],
  ['nothing', '', unknown('')],
  ['too much text', `<output>${'x'.repeat(2_000)}</output>`, unknown(`${'x'.repeat(499)}…`)],
  [
    'a success behind much text',
    `<output>${'x'.repeat(2_000)}</output>${status('Shutdown NOW!')}`,
    done(`${'x'.repeat(499)}…`, null),
  ],
];

for (const [what, content, expected] of cases) {
  test(`reboot reply: ${what}`, () => {
    assert.deepEqual(rebootOutcome(parseReply(`<rpc-reply>${content}</rpc-reply>`)), expected);
  });
}
