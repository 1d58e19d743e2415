import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SharedWork } from '../../src/jobs/shared-work.ts';

/** Work that ends when it is told to, and notes when it is not wanted any more. */
function desk() {
  const shared = new SharedWork<string, string>();
  const begun: AbortSignal[] = [];
  let end = (_result: string | Error) => {};
  const begin = (signal: AbortSignal) => {
    begun.push(signal);
    return new Promise<string>((resolve, reject) => {
      end = (result) => (result instanceof Error ? reject(result) : resolve(result));
    });
  };
  return { shared, begun, begin, end: (result: string | Error) => end(result) };
}

describe('work that is shared', () => {
  it('is begun once, and all who want it get its result', async () => {
    const { shared, begun, begin, end } = desk();
    const both = [shared.join('k', 'a', begin), shared.join('k', 'b', begin)];
    assert.deepEqual(shared.members('k'), ['a', 'b']);
    end('done');
    assert.deepEqual(await Promise.all(both), ['done', 'done']);
    assert.equal(begun.length, 1);
    assert.deepEqual(shared.members('k'), []);
  });

  it('of another key is other work; after its end the same key begins anew', async () => {
    const { shared, begun, begin, end } = desk();
    const first = shared.join('k', 'a', begin);
    end('one');
    await first;
    void shared.join('k', 'a', begin);
    void shared.join('l', 'b', begin);
    assert.equal(begun.length, 3);
  });

  it('goes on when one leaves, and is not wanted any more when the last one does', async () => {
    const { shared, begun, begin, end } = desk();
    const [a, b] = [shared.join('k', 'a', begin), shared.join('k', 'b', begin)];
    assert.equal(shared.leave('a', 'left', String), true);
    assert.equal(await a, 'left');
    assert.equal(begun[0]?.aborted, false);
    assert.equal(
      shared.leave('b', 'left too', (result) => `left, ${result}`),
      true,
    );
    assert.equal(begun[0]?.aborted, true);
    assert.equal(shared.leave('b', 'again', String), false);
    // Only when everything is cleaned up.
    end('cleaned up');
    assert.equal(await b, 'left, cleaned up');
  });

  it('that everybody has left comes to its end before it is begun anew', async () => {
    const { shared, begun, begin, end } = desk();
    const a = shared.join('k', 'a', begin);
    shared.leave('a', 'left', String);
    const b = shared.join('k', 'b', begin);
    assert.equal(begun.length, 1);
    end('cleaned up');
    assert.equal(await a, 'cleaned up');
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(begun.length, 2);
    end('done');
    assert.equal(await b, 'done');
  });

  it('who takes no part cannot leave', () => {
    assert.equal(desk().shared.leave('a', 'left', String), false);
  });

  it('that fails fails for all', async () => {
    const { shared, begin, end } = desk();
    const both = [shared.join('k', 'a', begin), shared.join('k', 'b', begin)];
    end(new Error('broken'));
    for (const each of both) await assert.rejects(each, /broken/);
  });
});
