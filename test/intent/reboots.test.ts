import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { understand } from '../../src/intent/understand.ts';
import { context } from './fixtures.ts';
import { summaryOf } from './summary.ts';

describe('planned reboots, shown and cancelled', () => {
  const cases: [text: string, understood: string][] = [
    ['cancel the reboot of hq-fw01', 'cancel-reboot hq-fw01'],
    ['cancel reboot on hq-fw01', 'cancel-reboot hq-fw01'],
    ['abort the scheduled reboot of hq-fw01', 'cancel-reboot hq-fw01'],
    ['call off the reboot on hq-fw01', 'cancel-reboot hq-fw01'],
    ['clear system reboot hq-fw01', 'cancel-reboot hq-fw01'],
    ['unschedule the reboot on hq-fw01', 'cancel-reboot hq-fw01'],
    ['cancel the scheduled reboot', 'cancel-reboot ask=device'],
    ['cancel all reboots', 'cancel-reboot ask=device'],
    ['cancel all reboots at hq', 'cancel-reboot hq-fw01 hq-fw02 hq-rtr01 hq-sw01'],
    ['please cancel the pending reboot on hq-fw01', 'cancel-reboot hq-fw01'],
    ['undo the reboot', 'cancel-reboot ask=device'],
    ['cancel that reboot', 'cancel-reboot ask=device'],
    ['cancel reboots at branch', 'cancel-reboot branch-fw01 branch-sw01'],
    ['remove the scheduled reboot from hq-fw01', 'cancel-reboot hq-fw01'],
    ['stop the scheduled reboot on hq-fw01 and hq-fw02', 'cancel-reboot hq-fw01 hq-fw02'],
    ['show reboots', 'show-reboot'],
    ['list reboots', 'show-reboot'],
    ['is a reboot scheduled on hq-fw01?', 'show-reboot hq-fw01'],
    ['is there a reboot pending on hq-fw01?', 'show-reboot hq-fw01'],
    ['any pending reboots?', 'show-reboot'],
    ['which reboots are scheduled', 'show-reboot'],
    ['which reboots are scheduled on hq-fw01?', 'show-reboot hq-fw01'],
    ['show system reboot hq-fw01', 'show-reboot hq-fw01'],
    ['pending reboot on hq-fw01', 'show-reboot hq-fw01'],
    ['are there any reboots scheduled?', 'show-reboot'],
    ['is hq-fw01 scheduled to reboot?', 'show-reboot hq-fw01'],
    ['does hq-fw01 have a reboot scheduled?', 'show-reboot hq-fw01'],
    ['show reboots on hq-fw9', 'show-reboot ?hq-fw9(hq-fw01 hq-fw02) ask=device'],
    ['show pending reboots at hq', 'show-reboot hq-fw01 hq-fw02 hq-rtr01 hq-sw01'],
    ['show scheduled reboots for all devices at hq', 'show-reboot hq-fw01 hq-fw02 hq-rtr01 hq-sw01'],
    ['show me the scheduled reboots', 'show-reboot'],
    ['reboots', 'show-reboot'],
    ['reboots on hq-fw01', 'show-reboot hq-fw01'],
    ['scheduled reboots', 'show-reboot'],
    ['upcoming reboots?', 'show-reboot'],
    ['is anything scheduled for reboot', 'show-reboot'],
    ['are there reboots pending at hq?', 'show-reboot hq-fw01 hq-fw02 hq-rtr01 hq-sw01'],
    ['any reboots planned for hq-fw01?', 'show-reboot hq-fw01'],
    ['check pending reboots', 'show-reboot'],
    ['list all pending reboots', 'show-reboot'],
    ['show reboots for all devices', 'show-reboot'],
  ];
  for (const [text, understood] of cases) {
    it(text, () => assert.equal(summaryOf(understand(text, context)), understood));
  }
});
