import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Platform } from '../../simulator/platforms.ts';
import { NetconfError } from '../../src/netconf/errors.ts';
import { archiveLogs, checkSpace, cleanUp, facts, fetchFile, logEngines, sha256 } from '../../src/netconf/junos.ts';
import { openSession } from '../../src/netconf/session.ts';
import { aDevice, sinks } from './a-device.ts';

const PATH = '/var/tmp/Support-hq-fw01.tgz';

async function device(t: TestContext, platform: Platform = 'srx') {
  const made = await aDevice(t, { platform });
  const session = await made.open();
  const engines = logEngines(await facts(session));
  const [own, other] = engines;
  assert.ok(own);
  /** Every file in /var/tmp of every engine, and what runs. */
  const traces = () => {
    const files = [...made.state.engineFiles].flatMap(([name, { paths }]) => [name, paths]);
    assert.ok(files.length > 0);
    return [
      ...[...made.state.engineFiles].flatMap(([name, system]) =>
        system
          .paths()
          .filter((path) => path.startsWith('/var/tmp'))
          .map((path) => `${name}:${path}`),
      ),
      ...made.state.busy,
    ];
  };
  return { ...made, session, engines, own, other, traces };
}

const OTHERS: [platform: Platform, own: string, other: string, login: string][] = [
  ['srx-cluster', 'node0', 'node1', 'request routing-engine login node 1'],
  ['ex-vc', 'fpc0', 'fpc1', 'request session member 1'],
  ['mx-dual-re', 're0', 're1', 'request routing-engine login other-routing-engine'],
];

test('a plain device: one archive', async (t) => {
  for (const platform of ['srx', 'evo'] as const) {
    const { session, target, state, engines, own } = await device(t, platform);
    assert.deepEqual(
      engines.map(({ name, own: isOwn }) => [name, isOwn]),
      [[null, true]],
    );
    const made = await archiveLogs(target, session, own, PATH);
    assert.partialDeepStrictEqual(made, { engine: null, outcome: 'done', file: { path: PATH } });
    const packed = gunzipSync(state.files.read(PATH)?.data ?? Buffer.alloc(0));
    assert.ok(packed.includes('var/log/messages'));
  }
});

for (const [platform, ownName, otherName, login] of OTHERS) {
  test(`${platform}: each engine's own logs, brought to the engine one can fetch from`, async (t) => {
    const { session, target, state, engines, traces } = await device(t, platform);
    assert.deepEqual(
      engines.map(({ name, own }) => [name, own]),
      [
        [ownName, true],
        [otherName, false],
      ],
    );
    for (const engine of engines) {
      const path = `/var/tmp/Support-${engine.name}.tgz`;
      const made = await archiveLogs(target, session, engine, path);
      assert.partialDeepStrictEqual(made, { engine: engine.name, outcome: 'done', file: { path } });
      const { open, last } = sinks();
      const fetched = await fetchFile(target, path, { open, sha256: sha256(session, path) });
      assert.equal(fetched.sha256, createHash('sha256').update(last()).digest('hex'));
      const packed = gunzipSync(last());
      for (const name of [ownName, otherName]) assert.equal(packed.includes(`${name}\n`), name === engine.name, name);
    }
    assert.deepEqual(
      traces(),
      [ownName, otherName].map((name) => `${ownName}:/var/tmp/Support-${name}.tgz`),
    );
    assert.equal(state.commands[0], login);
  });
}

test('an engine that cannot be reached, or asks for a password: not possible, and nothing is typed there', async (t) => {
  for (const [platform] of OTHERS) {
    const { session, target, state, other, traces } = await device(t, platform);
    assert.ok(other);
    const second = state.engines[1];
    assert.ok(second);
    second.isUp = false;
    const away = await archiveLogs(target, session, other, PATH);
    assert.partialDeepStrictEqual(away, { engine: other.name, outcome: 'not-possible' });
    assert.match('text' in away ? away.text : '', /could not connect: Operation timed out/);
    second.isUp = true;
    state.engineLoginAsks = true;
    const asked = await archiveLogs(target, session, other, PATH);
    assert.match('text' in asked ? asked.text : '', /asks for a password/);
    assert.deepEqual(traces(), []);
    assert.ok(state.commands.every((line) => line.startsWith('request ')));
  }
});

test('what facts say of engines that are away, and of those nobody knows a way to', () => {
  const base = { hostname: 'x', engines: [], ownEngine: null, cluster: null, virtualChassis: null, evolved: false };
  const engine = { name: null, state: null, mastership: null, model: null, uptimeSeconds: null, bootedAt: null };
  const member = { role: null, model: null, serialNumber: null, priority: null };
  const members = [0, 1].map((id) => ({ id, status: id === 0 ? 'Prsnt' : 'NotPrsnt', ...member }));
  const nodes = ['node0', 'node1'].map((name) => ({ name, priority: 1, state: name === 'node0' ? 'primary' : 'lost' }));
  const groups = [{ id: 0, nodes }];
  const engines = [0, 1].map((slot) => ({ ...engine, name: `re${slot}` }));
  const texts = [
    { ...base, ownEngine: 'member0', virtualChassis: { mode: null, member: 0, members } },
    { ...base, ownEngine: 'node0', cluster: { id: 1, node: 'node0', role: 'primary', groups } },
    { ...base, ownEngine: 're0', engines, evolved: true },
    { ...base, engines },
  ].map((each) => logEngines(each).at(-1)?.impossible ?? '');
  for (const [index, words] of [
    /Member 1 .* not present/,
    /node1 of x is lost/,
    /Evolved/,
    /does not tell which/,
  ].entries()) {
    assert.match(texts[index] ?? '', words);
  }
});

test('full: here, on the other engine, and between them; nothing is left', async (t) => {
  const alone = await device(t);
  alone.state.files.freeBytes = 100;
  const refused = await archiveLogs(alone.target, alone.session, alone.own, PATH);
  assert.partialDeepStrictEqual(refused, { outcome: 'refused', left: [] });
  assert.match('text' in refused ? refused.text : '', /No space left on device/);
  assert.deepEqual(alone.traces(), []);
  for (const full of ['node0', 'node1']) {
    const { session, target, state, other, traces } = await device(t, 'srx-cluster');
    assert.ok(other);
    state.filesOn(full).freeBytes = 100;
    const made = await archiveLogs(target, session, other, PATH);
    assert.partialDeepStrictEqual(made, { engine: 'node1', outcome: 'refused', left: [] });
    assert.match('text' in made ? made.text : '', /No space left on device/);
    assert.deepEqual(traces(), []);
  }
});

test('there already: left alone', async (t) => {
  const { session, target, state, engines } = await device(t, 'srx-cluster');
  state.files.write(PATH, Buffer.from('mine'), 'netops', new Date());
  for (const engine of engines) {
    assert.partialDeepStrictEqual(await archiveLogs(target, session, engine, PATH), { outcome: 'refused', left: [] });
  }
  assert.equal(state.files.read(PATH)?.data.toString(), 'mine');
});

test('called off while it packs: nothing runs, nothing is left', async (t) => {
  for (const index of [0, 1]) {
    const { session, target, state, engines, traces } = await device(t, 'srx-cluster');
    const engine = engines[index];
    assert.ok(engine);
    state.archiveMs = 60_000;
    const stop = new AbortController();
    const poke = setInterval(() => state.busy.size > 0 && stop.abort(), 5);
    t.after(() => clearInterval(poke));
    await assert.rejects(
      archiveLogs(target, session, engine, PATH, { signal: stop.signal }),
      (error: unknown) => error instanceof NetconfError && error.code === 'cancelled',
    );
    assert.deepEqual(traces(), [], engine.name ?? '');
  }
});

test('too long, or the connection is lost: what cannot be deleted is named, and a clean-up later finds it', async (t) => {
  const late = await device(t);
  late.state.archiveMs = 60_000;
  const own = await archiveLogs(late.target, late.session, late.own, PATH, { timeoutMs: 100 });
  assert.partialDeepStrictEqual(own, { outcome: 'refused', left: [] });
  assert.deepEqual(late.traces(), []);

  const { session, target, state, other, traces } = await device(t, 'srx-cluster');
  assert.ok(other);
  state.archiveMs = 60_000;
  state.undeletable.add(PATH);
  const cut = setInterval(() => {
    if (state.busy.size > 0) for (const each of state.terminals) each();
  }, 5);
  t.after(() => clearInterval(cut));
  const lost = await archiveLogs(target, session, other, PATH);
  assert.partialDeepStrictEqual(lost, { outcome: 'refused', left: [`node1:${PATH}`] });
  assert.deepEqual(traces(), [`node1:${PATH}`]);
  state.undeletable.clear();
  const again = await openSession(target);
  t.after(() => again.close());
  assert.deepEqual(await cleanUp(again, [`node1:${PATH}`]), { removed: [`node1:${PATH}`], absent: [], left: [] });
  assert.deepEqual(traces(), []);
});

test('space: what is needed, what is there, what is missing', async (t) => {
  const { session, state } = await device(t);
  state.files.write('/var/log/old.gz', Buffer.alloc(1_000_000), 'root', new Date());
  state.files.write('/var/log/new', Buffer.alloc(1_000_000), 'root', new Date());
  state.files.makeFolder('/var/log/ext');
  state.files.write('/var/log/ext/trace.gz', Buffer.alloc(500_000), 'root', new Date());
  const enough = await checkSpace(session, { supportBytes: 0 });
  assert.equal(enough.outcome, 'enough');
  const estimate = (1_750_000 * 1.2 + 32 * 2 ** 20) / enough.neededBytes;
  assert.ok(estimate > 0.99 && estimate <= 1, `${enough.neededBytes}`);
  state.files.freeBytes = 20_000_256;
  const little = await checkSpace(session);
  assert.partialDeepStrictEqual(little, { outcome: 'too-little', availableBytes: 19_999_744 + 512 });
  assert.match(
    'text' in little ? little.text : '',
    /^hq-fw01 has 21 MB free for \/var\/tmp, and .* need 117 MB: 97 MB are missing\./,
  );
  for (const [platform, engine] of [
    ['ex-vc', 'member0'],
    ['srx-cluster', 'node0'],
  ] as const) {
    const several = await aDevice(t, { platform });
    assert.equal((await checkSpace(await several.open(), { engine })).outcome, 'enough', platform);
  }
});
