import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type HostKey, newHostKey } from '../../simulator/host-key.ts';
import { checkHostKey, fingerprint, knownHostsLine } from '../../src/netconf/known-hosts.ts';
import { forFiles } from '../../src/netconf/ssh-access.ts';
import { readHostKeys, type ShownHostKey } from '../../src/netconf/trust.ts';
import { bareSsh } from './bare-server.ts';

const ADDRESS = '127.0.0.1';

/** A device without a port of its own: two ports are tried, as with 830 and 22. A port without a key is closed. */
async function device(t: TestContext, ...keys: (HostKey | null)[]) {
  const ports: number[] = [];
  for (const hostKey of keys) ports.push(hostKey ? await openPort(t, hostKey) : await closedPort());
  const shown = (knownHosts = '') => readHostKeys({ name: 'hq-fw01', address: ADDRESS, ports, knownHosts });
  return { first: ports[0] ?? 0, second: ports[1] ?? 0, shown };
}

async function openPort(t: TestContext, hostKey: HostKey): Promise<number> {
  const { target } = await bareSsh(t, () => {}, { hostKey });
  return target.ports[0] ?? 0;
}

async function closedPort(): Promise<number> {
  const gone = createServer().listen(0, ADDRESS);
  await once(gone, 'listening');
  const { port } = gone.address() as AddressInfo;
  gone.close();
  return port;
}

const lines = (keys: ShownHostKey[]) => keys.map(({ line }) => line).join('\n');
const plain = (key: Buffer) => knownHostsLine(ADDRESS, 22, key);

test('one key on both ports: one line without a port, which counts for either and for port 22', async (t) => {
  const key = newHostKey();
  const { first, second, shown } = await device(t, key, key);
  const keys = await shown();
  const { publicKey } = key;
  assert.deepEqual(keys, [
    {
      verdict: 'unknown',
      lines: [],
      hasAuthority: false,
      port: first,
      ports: [first, second],
      fingerprint: fingerprint(publicKey),
      line: plain(publicKey),
    },
  ]);
  assert.ok(!keys[0]?.line.startsWith('['));
  // Transfers ask on the other port first.
  const target = { name: '', user: '', address: ADDRESS, ports: [830, 22], knownHosts: lines(keys) };
  for (const port of forFiles(target).ports)
    assert.equal(checkHostKey(target.knownHosts, ADDRESS, port, publicKey), 'known');
  assert.deepEqual(
    (await shown(lines(keys))).map(({ verdict }) => verdict),
    ['known'],
  );
});

test('a port that does not answer: the key of the other one counts for both', async (t) => {
  const key = newHostKey();
  for (const keys of [[key, null] as const, [null, key] as const]) {
    const { first, second, shown } = await device(t, ...keys);
    const [only, ...more] = await shown();
    assert.deepEqual([only?.ports, only?.line, more], [[keys[0] ? first : second], plain(key.publicKey), []]);
  }
  const { shown } = await device(t, null, null);
  await assert.rejects(shown(), /^NetconfError: hq-fw01 \(127\.0\.0\.1\) refuses connections on port \d+ and \d+\./);
});

test('two keys: a line for each, and both are known then', async (t) => {
  const [one, other] = [newHostKey(), newHostKey()];
  const { first, second, shown } = await device(t, one, other);
  const keys = await shown();
  assert.deepEqual(
    keys.map(({ verdict, ports, line }) => [verdict, ports, line]),
    [
      ['unknown', [first], knownHostsLine(ADDRESS, first, one.publicKey)],
      ['unknown', [second], knownHostsLine(ADDRESS, second, other.publicKey)],
    ],
  );
  assert.deepEqual(
    (await shown(lines(keys))).map(({ verdict }) => verdict),
    ['known', 'known'],
  );
});

test('a file with a line for the first port alone still wants the other one', async (t) => {
  const key = newHostKey();
  const { first, second, shown } = await device(t, key, key);
  const before = knownHostsLine(ADDRESS, first, key.publicKey);
  const [found] = await shown(before);
  assert.deepEqual([found?.verdict, found?.port, found?.ports], ['unknown', second, [first, second]]);
  assert.equal(found?.line, plain(key.publicKey));
  const [after] = await shown(`${before}\n${found?.line}`);
  assert.equal(after?.verdict, 'known');
});

test('a key that is changed or revoked on one of the ports is so', async (t) => {
  const [key, old] = [newHostKey(), newHostKey()];
  const { first, second, shown } = await device(t, key, key);
  const changed = `${knownHostsLine(ADDRESS, first, key.publicKey)}\n${knownHostsLine(ADDRESS, second, old.publicKey)}`;
  const [found] = await shown(changed);
  assert.deepEqual([found?.verdict, found?.port, found?.lines], ['changed', second, [2]]);
  const revoked = `@revoked ${knownHostsLine(ADDRESS, second, key.publicKey)}\n${plain(key.publicKey)}`;
  const [marked] = await shown(revoked);
  assert.deepEqual([marked?.verdict, marked?.port, marked?.lines], ['revoked', second, [1]]);
});
