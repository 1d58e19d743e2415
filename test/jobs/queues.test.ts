import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Queues, Slots } from '../../src/jobs/queues.ts';
import { settle } from './rig.ts';

describe('Slots', () => {
  it('lets so many run, and the others in the order they came, also behind one that fails', async () => {
    const slots = new Slots(2);
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const log: string[] = [];
    const runs = gates.map(({ promise }, n) =>
      slots.run(async () => {
        log.push(`begin ${n}`);
        await promise;
      }),
    );
    await settle();
    assert.deepEqual(log, ['begin 0', 'begin 1']);
    gates[1]?.reject(new Error('failed'));
    await assert.rejects(runs[1] ?? Promise.resolve(), /failed/);
    await settle();
    assert.deepEqual(log, ['begin 0', 'begin 1', 'begin 2']);
    for (const gate of gates) gate.resolve();
    await Promise.all([runs[0], runs[2], runs[3]]);
    assert.deepEqual(log.at(-1), 'begin 3');
  });
});

describe('Queues', () => {
  it('one at a time for a key, others meanwhile', async () => {
    const queues = new Queues();
    const gate = Promise.withResolvers<void>();
    const log: string[] = [];
    const first = queues.add('a', () => gate.promise);
    const second = queues.add('a', async () => void log.push('second of a'));
    await queues.add('b', async () => void log.push('b'));
    await settle();
    assert.deepEqual(log, ['b']);
    gate.resolve();
    await Promise.all([first, second]);
    assert.deepEqual(log, ['b', 'second of a']);
  });

  it('work that fails is told to who asked for it, and what is behind it goes on', async () => {
    const queues = new Queues();
    const first = queues.add('a', async () => Promise.reject(new Error('failed')));
    const log: string[] = [];
    const second = queues.add('a', async () => void log.push('second'));
    await assert.rejects(first, /failed/);
    await second;
    assert.deepEqual(log, ['second']);
  });
});
