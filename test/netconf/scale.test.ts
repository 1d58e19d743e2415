import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askForFacts, startFleet, wrongAnswers } from '../fakes/fleet.ts';

// The short form of `npm run soak -- netconf-scale`.
test('60 devices, 12 at a time: each bad one has its own error, the others answer', async (t) => {
  const fleet = await startFleet({ size: 60, hang: 1, refuse: 1, changedKey: 1 });
  t.after(() => fleet.stop());
  const answers = await askForFacts(fleet.devices, { atATime: 12, rpcTimeoutMs: 4_000, loginTimeoutMs: 30_000 });
  assert.deepEqual(wrongAnswers(fleet.devices, answers), []);
  const bad = answers.filter((answer) => answer.got !== 'facts');
  assert.deepEqual(bad.map((answer) => answer.got).sort(), ['host-key', 'refused', 'timeout']);
  const [refused] = bad.filter((answer) => answer.got === 'refused');
  assert.match(refused?.said ?? '', /refuses connections on port \d+/);
  // The one that hangs held up nobody: those that were asked with it, and more, were done with before it.
  assert.ok(answers.findIndex((answer) => answer.got === 'timeout') >= 12);
});
