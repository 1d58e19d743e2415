import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Activity } from 'botbuilder';
import { cloudOf } from '../../src/teams/cloud.ts';
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
    ['a tenant that is no text', { channelId: 'msteams', conversation: { tenantId: 7 } }, false],
  ];
  for (const [what, activity, isTaken] of cases) {
    it(`${what}: ${isTaken ? 'taken' : 'forbidden'}`, () => {
      const whole = { serviceUrl: 'https://smba.trafficmanager.net/emea/', ...activity } as Activity;
      const look = () => requireTenant(whole, OURS, cloudOf({ cloud: 'public', service_hosts: [] }));
      if (isTaken) look();
      else assert.throws(look, { code: 'forbidden' });
    });
  }
});

describe('the hosts of service URLs', () => {
  const look = (serviceUrl: string, bot: Parameters<typeof cloudOf>[0]) => {
    const activity = { channelId: 'msteams', conversation: { tenantId: OURS }, serviceUrl } as Activity;
    return () => requireTenant(activity, OURS, cloudOf(bot));
  };
  const PUBLIC = { cloud: 'public' as const, service_hosts: [] as string[] };
  const GOVERNMENT = { cloud: 'us-government' as const, service_hosts: [] as string[] };
  const cases: [url: string, bot: Parameters<typeof cloudOf>[0], isTaken: boolean][] = [
    ['https://smba.trafficmanager.net/emea/', PUBLIC, true],
    ['https://smba.onyx.prod.teams.trafficmanager.net/amer/', PUBLIC, true],
    ['https://smba.infra.gcc.teams.microsoft.com/teams', PUBLIC, true],
    ['https://smba.infra.gov.teams.microsoft.us/teams', GOVERNMENT, true],
    ['https://smba.infra.dod.teams.microsoft.us/teams', GOVERNMENT, true],
    ['https://smba.trafficmanager.net/emea/', GOVERNMENT, false],
    ['https://smba.infra.gov.teams.microsoft.us/teams', PUBLIC, false],
    ['https://connector.example.com/', { ...PUBLIC, service_hosts: ['Connector.example.com'] }, true],
    ['https://other.example.com/', { ...PUBLIC, service_hosts: ['connector.example.com'] }, false],
    ['http://smba.trafficmanager.net/emea/', PUBLIC, false],
    ['https://smba.trafficmanager.net:8443/emea/', PUBLIC, false],
    ['https://smba.trafficmanager.net@evil.example/', PUBLIC, false],
    ['https://user:secret@smba.trafficmanager.net/', PUBLIC, false],
    ['https://evil.trafficmanager.net/', PUBLIC, false],
    ['https://smba.trafficmanager.net.evil.example/', PUBLIC, false],
    ['https://127.0.0.1/', PUBLIC, false],
    ['', PUBLIC, false],
  ];
  for (const [url, bot, isTaken] of cases) {
    it(`${JSON.stringify(url)} in ${bot.cloud} with ${bot.service_hosts.length} more: ${isTaken ? 'taken' : 'forbidden'}`, () => {
      if (isTaken) look(url, bot)();
      else assert.throws(look(url, bot), { code: 'forbidden', message: /service URLs of Microsoft Teams only/ });
    });
  }
});
