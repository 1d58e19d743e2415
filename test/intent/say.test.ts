import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Intent, type IntentContext, intentOf } from '../../src/intent/intent.ts';
import { processNames } from '../../src/intent/processes.ts';
import { type Filled, sentenceOf } from '../../src/intent/say.ts';
import { understand } from '../../src/intent/understand.ts';
import { isVocabulary } from '../../src/intent/words.ts';
import { context, inventory } from './fixtures.ts';
import { summaryOf } from './summary.ts';

describe('a request with an answer filled in', () => {
  const cases: [said: string, filled: Filled, sentence: string][] = [
    ['reboot', { devices: ['hq-fw01'] }, 'reboot hq-fw01'],
    ['reboot in 30 minutes', { devices: ['hq-fw01'] }, 'reboot hq-fw01 in 30 minutes'],
    ['reboot the router at 17:00', { devices: ['hq-rtr01'] }, 'reboot hq-rtr01 at 2026-11-23T17:00:00Z'],
    ['reboot hq-fw01 and hq-fw9', { devices: ['hq-fw01', 'hq-fw02'] }, 'reboot hq-fw01, hq-fw02'],
    // One answer for two names that are none: the other is asked about next.
    ['reboot hq-fw9 and branch-fw9', { devices: ['hq-fw02'] }, 'reboot hq-fw02, branch-fw9'],
    ['reboot hq-fw01, hq-fw9, fred', { devices: ['hq-fw01', 'hq-fw02'] }, 'reboot hq-fw01, hq-fw02, fred'],
    ['reboot hq-fw01 tonight', { when: 'at 2026-11-23T23:00:00Z' }, 'reboot hq-fw01 at 2026-11-23T23:00:00Z'],
    ['reboot the box tonight', { devices: ['hq-fw01'] }, 'reboot hq-fw01 tonight'],
    // These words would undo the name again.
    ['reboot hq-fw01 or hq-fw02', { devices: ['hq-fw01'] }, 'reboot hq-fw01 sometime'],
    ['reboot hq-fw01 in 30 minutes or so', { devices: ['hq-fw01'] }, 'reboot hq-fw01 sometime'],
    ['restart hq-fw01', { process: 'routing' }, 'restart routing on hq-fw01'],
    ['restart hq-fw01 softly', { process: 'routing' }, 'restart routing on hq-fw01 soft'],
    ['restart foo on hq-fw01', {}, 'restart foo on hq-fw01'],
    ['restart snmp immediately', { devices: ['hq-fw01'] }, 'restart snmp on hq-fw01 immediately'],
    ['restart snmp in 5 minutes', { devices: ['hq-fw01'] }, 'restart snmp on hq-fw01 in 5 minutes'],
    // "restart firewall" may mean the box: without a device the sentence says that a process is meant.
    ['restart firewall process', {}, 'restart firewall process'],
    ['restart firewall process', { devices: ['hq-fw01'] }, 'restart firewall on hq-fw01'],
    ['restart', { process: 'firewall' }, 'restart firewall process'],
    ['get the extensive logs', { devices: ['hq-fw01'] }, 'get the extensive logs for hq-fw01'],
    ['cancel the reboot', { devices: ['hq-fw01'] }, 'cancel the reboot of hq-fw01'],
    ['show reboots', {}, 'show reboots'],
    ['alerts here', {}, 'alerts here'],
    ['what can you do', {}, 'help'],
  ];
  for (const [said, filled, sentence] of cases) {
    it(`${said} -> ${sentence}`, () => assert.equal(sentenceOf(understand(said, context), filled), sentence));
  }

  it('does not go round in a circle', () => {
    const asked = understand('reboot hq-fw01 or hq-fw02', context);
    const next = understand(sentenceOf(asked, { devices: ['hq-fw02'] }), context);
    assert.equal(summaryOf(next), 'reboot hq-fw02 unclear="sometime" ask=time');
  });
});

describe('a request as a sentence', () => {
  const all: IntentContext = { ...context, processes: ['routing', 'acme-agent'] };
  const names = inventory
    .all()
    .flatMap(({ name }) => (isVocabulary(name.toLowerCase()) || name === 'depot' ? [] : name));
  const devices = fc.subarray(names);
  const someDevices = fc.subarray(names, { minLength: 1 });
  const later = fc.oneof(
    fc.integer({ min: 1, max: 10_080 }).map((minutes) => {
      const utc = `${new Date(context.now.getTime() + minutes * 60_000).toISOString().slice(0, 19)}Z`;
      return { kind: 'in', minutes, utc } as const;
    }),
    fc.integer({ min: 1, max: 86_400 * 30 }).map((seconds) => {
      const utc = `${new Date(context.now.getTime() + seconds * 1_000).toISOString().slice(0, 19)}Z`;
      return { kind: 'at', utc, zone: 'UTC' } as const;
    }),
  );
  const maybeLater = fc.option(later, { nil: null });
  const process = fc.option(fc.constantFrom(...processNames(all.processes)), { nil: null });
  const mode = fc.constantFrom('graceful' as const, 'immediately' as const, 'soft' as const);
  const askOf = (list: string[]) => (list.length === 0 ? 'device' : null);
  const intents: fc.Arbitrary<Intent> = fc.oneof(
    fc.tuple(devices, fc.oneof(later, fc.constant({ kind: 'now' } as const))).map(
      ([list, when]): Intent => ({
        ...intentOf('reboot' as never, { devices: list, ask: askOf(list) }),
        intent: 'reboot',
        when,
      }),
    ),
    fc
      .tuple(devices, maybeLater)
      .map(([list, when]) => intentOf('cancel-reboot', { devices: list, when, ask: askOf(list) })),
    fc.tuple(devices, process, mode, maybeLater).map(([list, name, how, when]) =>
      intentOf('restart-process', {
        devices: list,
        process: name,
        mode: how,
        when,
        ask: list.length === 0 ? 'device' : name === null ? 'process' : null,
      }),
    ),
    fc
      .tuple(devices, fc.boolean(), maybeLater)
      .map(([list, extensive, when]) => intentOf('collect-logs', { devices: list, extensive, when, ask: askOf(list) })),
    devices.map((list) => intentOf('show-reboot', { devices: list })),
    devices.map((list) => intentOf('events', { devices: list })),
    someDevices.map((list) => intentOf('devices', { devices: list })),
    fc
      .constantFrom('help' as const, 'devices' as const, 'cancel' as const, 'thanks' as const, 'alerts-here' as const)
      .map((name) => intentOf(name, {})),
  );

  it('is understood as the same request', () => {
    fc.assert(
      fc.property(intents, (intent) => {
        const sentence = sentenceOf(intent);
        // More than a message may be long is not understood at all, and that is safe.
        fc.pre(sentence.length <= 200);
        assert.deepEqual(understand(sentence, all), intent, sentence);
      }),
      { numRuns: 2_000 },
    );
  });
});
