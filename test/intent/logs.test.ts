import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { understand } from '../../src/intent/understand.ts';
import { context } from './fixtures.ts';
import { summaryOf } from './summary.ts';

describe('logs to collect', () => {
  const cases: [text: string, understood: string][] = [
    ['get the junos logs for branch-fw01', 'collect-logs branch-fw01'],
    ['collect logs from hq-fw01', 'collect-logs hq-fw01'],
    ['fetch support logs of hq-fw01 and hq-fw02', 'collect-logs hq-fw01 hq-fw02'],
    ['extensive logs for hq-fw01', 'collect-logs hq-fw01 extensive'],
    ['full logs hq-fw01', 'collect-logs hq-fw01 extensive'],
    ['rsi for hq-fw01', 'collect-logs hq-fw01'],
    ['get rsi from hq-fw01', 'collect-logs hq-fw01'],
    ['support information for hq-fw01', 'collect-logs hq-fw01'],
    ['collect a support bundle from hq-fw01', 'collect-logs hq-fw01'],
    ['get extensive logs for hq-fw01 and hq-fw02', 'collect-logs hq-fw01 hq-fw02 extensive'],
    ['grab the logs off hq-fw01', 'collect-logs hq-fw01'],
    ['logs', 'collect-logs ask=device'],
    ['get logs', 'collect-logs ask=device'],
    ['get the logs', 'collect-logs ask=device'],
    ['get logs for hq-fw01 in 30 minutes', 'collect-logs hq-fw01 in=30'],
    ['get logs for hq-fw9', 'collect-logs ?hq-fw9(hq-fw01 hq-fw02) ask=device'],
    ['get the junos logs for all firewalls at hq', 'collect-logs hq-fw01 hq-fw02'],
    ['please send me the logs of hq-fw01', 'collect-logs hq-fw01'],
    ['can you get me the logs from hq-fw01?', 'collect-logs hq-fw01'],
    ['collect tech-support for hq-fw01', 'collect-logs hq-fw01'],
    ['request support information hq-fw01', 'collect-logs hq-fw01'],
    ['get the logs for hq-fw01, extensive please', 'collect-logs hq-fw01 extensive'],
    ['pull the rsi and logs from hq-fw01', 'collect-logs hq-fw01'],
    ['get the log file of hq-fw01', 'collect-logs hq-fw01'],
    ['log hq-fw01', 'collect-logs hq-fw01'],
    ['logs of everything', 'collect-logs ?everything() ask=device'],
    ['logs from all devices', 'collect-logs ?all devices() ask=device'],
    ['get all logs from all devices at branch', 'collect-logs branch-fw01 branch-sw01'],
    ['get all the logs from branch', 'collect-logs branch-fw01 branch-sw01'],
    ['collect the logs of branch please', 'collect-logs branch-fw01 branch-sw01'],
    ['collect logs', 'collect-logs ask=device'],
    ['upload the logs from hq-fw01', 'collect-logs hq-fw01'],
    ['logs hq-fw01 hq-fw02', 'collect-logs hq-fw01 hq-fw02'],
    ['extensive logs', 'collect-logs extensive ask=device'],
    ['get the extensive logs of the hq firewalls', 'collect-logs hq-fw01 hq-fw02 extensive'],
    ['collect extensive support information from hq-fw01 now', 'collect-logs hq-fw01 extensive'],
  ];
  for (const [text, understood] of cases) {
    it(text, () => assert.equal(summaryOf(understand(text, context)), understood));
  }
});
