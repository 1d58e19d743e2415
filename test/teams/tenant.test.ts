import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Activity } from 'botbuilder';
import { requireTenant } from '../../src/teams/tenant.ts';

const OURS = '66666666-7777-4888-9999-AAAAAAAAAAAA';

describe('requireTenant', () => {
  const conversation = { tenantId: OURS };
  const cases: [what: string, activity: object, isTaken: boolean][] = [
    ['Teams, our tenant', { channelId: 'msteams', conversation }, true],
    ['in another case', { channelId: 'msteams', conversation: { tenantId: OURS.toLowerCase() } }, true],
    ['in the channel data', { channelId: 'msteams', conversation: {}, channelData: { tenant: { id: OURS } } }, true],
    ['another tenant', { channelId: 'msteams', conversation: { tenantId: 'theirs' } }, false],
    [
      'two tenants that differ',
      { channelId: 'msteams', conversation: { tenantId: 'theirs' }, channelData: { tenant: { id: OURS } } },
      false,
    ],
    ['no tenant', { channelId: 'msteams', conversation: {} }, false],
    ['another channel', { channelId: 'webchat', conversation }, false],
    ['no channel', { conversation }, false],
  ];
  for (const [what, activity, isTaken] of cases) {
    it(`${what}: ${isTaken ? 'taken' : 'forbidden'}`, () => {
      const look = () => requireTenant(activity as Activity, OURS);
      if (isTaken) look();
      else assert.throws(look, { code: 'forbidden' });
    });
  }
});
