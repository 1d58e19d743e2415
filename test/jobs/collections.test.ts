import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CollectContext, Collection, Outcome } from '../../src/actions/action.ts';
import { type CollectionJob, Collections } from '../../src/jobs/collections.ts';
import { JobRows, Stopping } from '../../src/jobs/job-rows.ts';
import { createLog } from '../../src/log.ts';
import type { Job } from '../../src/store/store.ts';
import { job as jobRow, settle } from './rig.ts';

const DONE: Outcome = { status: 'done', sentence: 'Collected.', answer: null };

/** Collections over a store in memory, whose work ends when the test says so. */
function rig(most = 3) {
  const begun: string[] = [];
  const contexts = new Map<string, CollectContext>();
  const ends = new Map<string, (outcome: Outcome) => void>();
  const stored = new Map<string, Partial<Job>>();
  const storing = { wait: Promise.resolve() };
  const stopping = new AbortController();
  const rows = new JobRows({
    store: {
      updateJob: async (id, change) => {
        await storing.wait;
        stored.set(id, { ...stored.get(id), ...change });
      },
    },
    now: () => 5_000,
    log: createLog('silent'),
    stopping: stopping.signal,
  });
  const collections = new Collections({
    connect: () => Promise.reject(new Error('nobody connects here')),
    rows,
    stopping: stopping.signal,
    cutOff: new AbortController().signal,
    now: () => 5_000,
    locale: 'en-gb',
    log: createLog('silent'),
    most,
    logs: () => Promise.reject(new Error('nobody reads them here')),
  });
  const work: Collection = {
    kind: 'collection',
    collect: (_, context) => {
      begun.push(context.device);
      contexts.set(context.device, context);
      // As an action does: it cleans up, and says that it was called off.
      return new Promise((resolve) => {
        const cancelled = () => resolve({ status: 'cancelled', sentence: 'Cleaned up.', answer: null });
        context.signal.addEventListener('abort', cancelled);
        if (context.signal.aborted) cancelled();
        ends.set(context.device, resolve);
      });
    },
  };
  let count = 0;
  const ask = (device: string, change: Partial<Job> = {}, parameters = '{"extensive":false}') => {
    count += 1;
    const row = jobRow(`j${count}`, device, change);
    const confirmation = { ...row.confirmation, action: 'collect-logs', parameters };
    const shown: (string | null)[] = [];
    const view = { job: { ...row, confirmation }, steps: [] as string[], doing: 'Starting' as string | null };
    const job: CollectionJob = { view, work, show: () => shown.push(view.doing) };
    const outcome = collections.run(job);
    outcome.catch(() => {});
    return { view, shown, outcome };
  };
  const end = (device: string, outcome = DONE) => ends.get(device)?.(outcome);
  return { collections, begun, contexts, stored, storing, stopping, ask, end };
}

describe('collections', () => {
  it('so many at once, the others in the order they came, and they are told what they wait for', async () => {
    const { begun, ask, end } = rig(2);
    const jobs = ['a', 'b', 'c', 'd'].map((device) => ask(device));
    await settle();
    assert.deepEqual(begun, ['a', 'b']);
    assert.deepEqual(
      jobs.map(({ shown }) => shown),
      [['Starting'], ['Starting'], ...Array(2).fill(['Waiting: 2 collections are under way'])],
    );
    end('b');
    await settle();
    assert.deepEqual(begun, ['a', 'b', 'c']);
    for (const device of ['a', 'c']) end(device);
    await settle();
    end('d');
    assert.deepEqual(await Promise.all(jobs.map(({ outcome }) => outcome)), Array(4).fill(DONE));
  });

  it('one for a device: of another kind, it waits for the first, and others do not wait for it', async () => {
    const { begun, ask, end } = rig();
    const first = ask('a');
    const second = ask('a', {}, '{"extensive":true}');
    ask('b');
    await settle();
    assert.deepEqual(begun, ['a', 'b']);
    assert.deepEqual(second.shown, ['Waiting for the collection before it']);
    end('a');
    assert.deepEqual(await first.outcome, DONE);
    await settle();
    assert.deepEqual(begun, ['a', 'b', 'a']);
  });

  it('the second who asks for the same takes part: steps, what is left on the device, and the end', async () => {
    const { begun, contexts, stored, ask, end } = rig();
    const first = ask('a');
    await settle();
    contexts.get('a')?.progress('Connected', 'Looking');
    await contexts.get('a')?.note({ paths: ['/var/tmp/x'] });
    const second = ask('a');
    await settle();
    assert.deepEqual(second.view.steps, ['Takes part in what Alex Wilber asked for', 'Connected']);
    assert.equal(second.view.doing, 'Looking');
    contexts.get('a')?.progress('Packed', null);
    await contexts.get('a')?.note({ paths: [] });
    assert.deepEqual(first.view.steps, ['Connected', 'Packed']);
    assert.equal(second.view.steps.at(-1), 'Packed');
    assert.deepEqual(
      ['j1', 'j2'].map((id) => [stored.get(id)?.status, stored.get(id)?.evidence]),
      Array(2).fill(['running', '{"paths":[]}']),
    );
    end('a');
    assert.deepEqual(await Promise.all([first.outcome, second.outcome]), [DONE, DONE]);
    assert.deepEqual(begun, ['a']);
  });

  it('who takes part while files are being noted has them in the row as well', async () => {
    const { contexts, stored, storing, ask } = rig();
    ask('a');
    await settle();
    const { promise, resolve } = Promise.withResolvers<void>();
    storing.wait = promise;
    const noting = contexts.get('a')?.note({ paths: ['/var/tmp/x'] });
    const second = ask('a');
    resolve();
    await noting;
    await settle();
    for (const id of ['j1', 'j2']) assert.equal(stored.get(id)?.evidence, '{"paths":["/var/tmp/x"]}', id);
    assert.equal(second.view.job.evidence, '{"paths":["/var/tmp/x"]}');
  });

  it('cancelled while it runs: it cleans up, and who did it is said', async () => {
    const { collections, contexts, ask } = rig();
    const { view, outcome } = ask('a');
    await settle();
    assert.equal(collections.cancel(view, 'Megan'), true);
    assert.equal(contexts.get('a')?.signal.aborted, true);
    assert.equal(view.doing, 'Cancelling, and removing what was made');
    assert.deepEqual(await outcome, {
      status: 'cancelled',
      sentence: 'Megan cancelled it. Cleaned up.',
      answer: null,
    });
    assert.equal(collections.cancel(view, 'Megan'), false);
  });

  it('cancelled while it waits: at once, and it never begins', async () => {
    const { collections, begun, ask, end } = rig(1);
    const first = ask('a');
    const waiting = ask('b');
    const behind = ask('c');
    await settle();
    assert.equal(collections.cancel(waiting.view, 'Megan'), true);
    assert.deepEqual(await waiting.outcome, {
      status: 'cancelled',
      sentence: 'Megan cancelled it. Nothing was begun on b.',
      answer: null,
    });
    end('a');
    assert.deepEqual(await first.outcome, DONE);
    await settle();
    assert.deepEqual(begun, ['a', 'c']);
    end('c');
    assert.deepEqual(await behind.outcome, DONE);
  });

  it('cancelled while it waits, with something of an earlier run on the device: that is cleaned up in its turn', async () => {
    const { collections, begun, contexts, ask, end } = rig(1);
    ask('a');
    const waiting = ask('b', { evidence: '{"paths":["/var/tmp/x"]}' });
    await settle();
    assert.equal(collections.cancel(waiting.view, 'Megan'), true);
    await settle();
    assert.deepEqual(begun, ['a']);
    end('a');
    assert.equal((await waiting.outcome).sentence, 'Megan cancelled it. Cleaned up.');
    assert.deepEqual(contexts.get('b')?.left, { paths: ['/var/tmp/x'] });
  });

  it('one of two leaves: the other goes on', async () => {
    const { collections, ask, end } = rig();
    const [first, second] = [ask('a'), ask('a')];
    await settle();
    assert.equal(collections.cancel(first.view, 'Megan'), true);
    assert.deepEqual(await first.outcome, {
      status: 'cancelled',
      sentence: 'Megan cancelled it here. It goes on for others who asked for it.',
      answer: null,
    });
    end('a');
    assert.deepEqual(await second.outcome, DONE);
  });

  it('a stop ends what runs and what waits, without an end: they begin anew after the next start', async () => {
    const { begun, stopping, ask } = rig(1);
    const [running, waiting] = [ask('a'), ask('b')];
    await settle();
    stopping.abort(new Stopping());
    await assert.rejects(running.outcome, Stopping);
    await assert.rejects(waiting.outcome, Stopping);
    assert.deepEqual(begun, ['a']);
  });

  it('what ended in the moment of the stop has its end', async () => {
    const { stopping, ask, end } = rig();
    const { outcome } = ask('a');
    await settle();
    end('a');
    stopping.abort(new Stopping());
    assert.deepEqual(await outcome, DONE);
  });
});
