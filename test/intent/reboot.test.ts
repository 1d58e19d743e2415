import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { UnclearReason, When } from '../../src/intent/intent.ts';
import { understand } from '../../src/intent/understand.ts';
import { context } from './fixtures.ts';

type Case = [text: string, devices: string, unresolved?: string, unclear?: string, reason?: UnclearReason];

/** Devices and unresolved texts separated by `|`; without a fourth value the time is "now". */
function check([text, devices, unresolved = '', unclear, reason = 'unknown']: Case): void {
  it(`${JSON.stringify(text)} -> ${devices || 'no device'}`, () => {
    const names = devices === '' ? [] : devices.split('|');
    const intent = understand(text, context);
    assert.equal(intent.intent, 'reboot');
    assert.deepEqual(intent.devices, names);
    assert.equal(intent.unresolved.map((item) => item.text).join('|'), unresolved);
    const when: When =
      unclear === undefined ? { kind: 'now' } : { kind: 'unclear', text: unclear, choices: [], reason };
    assert.deepEqual(intent.when, when);
    assert.equal(intent.ask, names.length === 0 ? 'device' : unclear === undefined ? null : 'time');
    assert.deepEqual([intent.process, intent.mode, intent.extensive], [null, null, false]);
  });
}

describe('a reboot of named devices', () => {
  const cases: Case[] = [
    ['reboot hq-fw01', 'hq-fw01'],
    ['REBOOT HQ-FW01', 'hq-fw01'],
    ['  Reboot   hq-fw01.  ', 'hq-fw01'],
    ['reboot hq-fw01 now', 'hq-fw01'],
    ['reboot hq-fw01 right now please!', 'hq-fw01'],
    ['reboot hq-fw01 immediately', 'hq-fw01'],
    ['reboot hq-fw01 at once', 'hq-fw01'],
    ['reboot hq-fw01 asap', 'hq-fw01'],
    ['power-cycle hq-fw01 straight away', 'hq-fw01'],
    ['now reboot hq-fw01', 'hq-fw01'],
    ['reload hq-rtr01', 'hq-rtr01'],
    ['power cycle hq-sw01, thanks', 'hq-sw01'],
    ['please reboot hq-fw01', 'hq-fw01'],
    ['please reboot hq-fw01?', 'hq-fw01'],
    ['can you reboot hq-fw01?', 'hq-fw01'],
    ['could you please reboot the router hq-rtr01 for me? thanks', 'hq-rtr01'],
    ["hello, I'd like you to reboot hq-fw01", 'hq-fw01'],
    ['I’d like to reboot hq-fw01', 'hq-fw01'],
    ['hi there bot, go ahead and reboot hq-fw01', 'hq-fw01'],
    ['reboot: hq-fw01', 'hq-fw01'],
    ['reboot hq-fw01 and hq-fw02', 'hq-fw01|hq-fw02'],
    ['reboot hq-fw02, hq-fw01', 'hq-fw02|hq-fw01'],
    ['reboot hq-fw01,hq-fw02 & hq-sw01', 'hq-fw01|hq-fw02|hq-sw01'],
    ['reboot hq-fw01&hq-fw02', 'hq-fw01|hq-fw02'],
    ['reboot hq-fw01, hq-fw02, and the firewall branch-fw01', 'hq-fw01|hq-fw02|branch-fw01'],
    ['reboot hq-fw01 hq-fw02', 'hq-fw01|hq-fw02'],
    ['reboot hq-fw01 and HQ-fw01', 'hq-fw01'],
    ['reboot "hq-fw01"', 'hq-fw01'],
    ['reboot (hq-fw01)', 'hq-fw01'],
    ['reboot may-fw01', 'may-fw01'],
    ['reboot core', 'core'],
    ['reboot 10.0.0.1', '10.0.0.1'],
    ['reboot ny_edge.example.net.', 'NY_edge.example.net'],
    ['reboot\n\thq-fw01\u00a0', 'hq-fw01'],
    ['re\u200bboot hq-fw\u200d01\u0000', 'hq-fw01'],
    ['ｒｅｂｏｏｔ ｈｑ－ｆｗ０１', 'hq-fw01'],
  ];
  cases.forEach(check);
});

describe('a reboot of something else', () => {
  const cases: Case[] = [
    ['reboot', ''],
    ['reboot now', ''],
    ['reboot it', ''],
    ['reboot the router', ''],
    ['reboot hq-fw9', '', 'hq-fw9'],
    ['reboot fred', '', 'fred'],
    ['reboot hq-fw01 and fred', 'hq-fw01', 'fred'],
    ['reboot hq-fw01, hq-fw9', 'hq-fw01', 'hq-fw9'],
    ['reboot hq-fw01 hq-fw9', 'hq-fw01', 'hq-fw9'],
    ['reboot hq-fw', '', 'hq-fw'],
    ['reboot hq-fw*', '', 'hq-fw*'],
    ['reboot hq-fw[01-02]', '', 'hq-fw[01-02]'],
    ['reboot hq-fw01,02', '', 'hq-fw01,02'],
    ['reboot hq-fw01/hq-fw02', '', 'hq-fw01/hq-fw02'],
    ['reboot hq–fw01', '', 'hq–fw01'],
    ['reboot hq-fw01-hq-sw01', '', 'hq-fw01-hq-sw01'],
    ["reboot hq-fw01's", '', "hq-fw01's"],
    ['reboot hq‐fw０1.evil.example', '', 'hq‐fw01.evil.example'],
    ['reboot нq-fw01', '', 'нq-fw01'],
    ['reboot all', '', 'all'],
    ['reboot everything now', '', 'everything'],
    ['reboot all routers at branch', '', 'all routers at branch'],
    ['reboot the hq firewall and branch-fw01', 'branch-fw01', 'hq firewall'],
    ['reboot depot', '', 'depot'],
    // Devices called like words cannot be named in a sentence.
    ['reboot 30', '', '', '30'],
  ];
  cases.forEach(check);

  it('suggests names and never a quantity', () => {
    const suggested = (text: string) => understand(text, context).unresolved[0]?.suggestions;
    assert.deepEqual(suggested('reboot hq-fw9'), ['hq-fw01', 'hq-fw02']);
    assert.deepEqual(suggested('reboot all'), []);
    assert.deepEqual(suggested('reboot the hq firewall'), ['hq-fw01', 'hq-fw02']);
    // A device called like a site: the person says which.
    assert.deepEqual(suggested('reboot depot'), ['depot']);
  });
});

describe('what a command says besides is never dropped', () => {
  const cases: Case[] = [
    ['reboot hq-fw01 30 minutes', 'hq-fw01', '', '30 minutes'],
    ['reboot hq-fw01 every day', 'hq-fw01', '', 'every day', 'repeating'],
    ['reboot hq-fw01 unless it is busy', 'hq-fw01', '', 'unless it is busy'],
    ['reboot hq-fw01 if hq-fw02 is up', 'hq-fw01', '', 'if hq-fw02 is up'],
    ['reboot hq-fw01 after hq-fw02', 'hq-fw01', '', 'after hq-fw02'],
    ['reboot hq-fw01 before 17:00', 'hq-fw01', '', 'before 17:00', 'range'],
    ['reboot hq-fw01 but not hq-fw02', 'hq-fw01', '', 'but not hq-fw02'],
    ['reboot hq-fw01 not hq-fw02', 'hq-fw01', '', 'not hq-fw02'],
    ['reboot hq-fw01 then hq-fw02', 'hq-fw01', '', 'then hq-fw02'],
    ['reboot hq-fw01 instead of hq-fw02', 'hq-fw01', '', 'instead of hq-fw02'],
    ['reboot hq-fw01 like hq-fw02', 'hq-fw01', '', 'like hq-fw02'],
    ['reboot hq-fw01 to hq-rtr01', 'hq-fw01', '', 'to hq-rtr01'],
    ['reboot both hq-fw01, hq-fw02 and hq-sw01', 'hq-fw01|hq-fw02|hq-sw01', '', 'both'],
    ['reboot hq if hq-fw02 is up', '', 'hq', 'if hq-fw02 is up'],
    ['reboot all except hq-fw01', '', 'all', 'except hq-fw01'],
    ['reboot everything but hq-fw01', '', 'everything', 'but hq-fw01'],
    ['reboot everything hq-fw01 depends on', '', 'everything', 'hq-fw01 depends on'],
    ['reboot hq-fw01 or hq-fw02', '', '', 'hq-fw01 or hq-fw02'],
    ['reboot hq-fw01, hq-fw02 or hq-sw01', '', '', 'hq-fw01 hq-fw02 or hq-sw01'],
    ['reboot all switches or hq-fw01', '', '', 'all switches or hq-fw01'],
    ['reboot hq-fw01 in 30 minutes or so', '', '', 'hq-fw01 in 30 minutes or so'],
    ['reboot hq-fw01, hq-fw02 is fine', '', '', 'hq-fw01 hq-fw02 is fine'],
    ['reboot hq-fw01. hq-fw02 is fine', 'hq-fw01', '', 'hq-fw02 is fine'],
    ['reboot hq-fw01, no wait', 'hq-fw01', '', 'no wait'],
    ['reboot hq-fw01 and cancel', 'hq-fw01', '', 'and cancel'],
    ['reboot hq-fw01 and', 'hq-fw01', '', 'and'],
    ['reboot hq-fw01 and switches', 'hq-fw01', '', 'and switches'],
    ['reboot hq-fw01 switches', 'hq-fw01', '', 'switches'],
    ['reboot hq-fw01 node0', 'hq-fw01', '', 'node0'],
    ['reboot node0 on hq-fw01', '', 'node0', 'on hq-fw01'],
    ['reboot hq-fw01 & rm -rf /', 'hq-fw01', '', '& rm -rf /'],
    ['reboot hq-fw01 --dry-run', 'hq-fw01', '', '--dry-run'],
    ['reboot hq-fw01 👎', 'hq-fw01', '', '👎'],
    ['reboot hq-fw01 nicht', 'hq-fw01', '', 'nicht'],
  ];
  cases.forEach(check);
});
