import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { after, afterEach, describe, it } from 'node:test';
import { AssistantError } from '../../src/errors.ts';
import { SpooledEvents } from '../../src/events/spooled-events.ts';
import { createLog } from '../../src/log.ts';
import { Spool } from '../../src/store/spool.ts';
import type { NewEvent, Store } from '../../src/store/store.ts';
import { storeFolder } from '../store/files.ts';
import { newEvent } from '../store/samples.ts';

const folder = await storeFolder();
const open: SpooledEvents[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
after(folder.remove);
let files = 0;

type Absence = 'here' | 'away' | 'silent' | 'lost-answer';

/** A server that keeps keys as the SQL Server does, over a real store, and can be away. */
async function server() {
  files += 1;
  const store: Store = await folder.open(folder.file(`server-${files}.sqlite`));
  const keys = new Map<string, number>();
  const state = { is: 'here' as Absence };
  const gone = () => new AssistantError('store-unreachable', 'gone');
  return {
    state,
    addEvent: async (event: NewEvent, key: Uint8Array) => {
      if (state.is === 'away') throw gone();
      if (state.is === 'silent') return await new Promise<never>(() => undefined);
      const name = Buffer.from(key).toString('hex');
      const known = keys.get(name);
      if (known !== undefined) return { id: known, isDuplicate: true };
      const stored = await store.addEvent({ ...event, webhookId: null });
      keys.set(name, stored.id);
      if (state.is === 'lost-answer') throw gone();
      return stored;
    },
    messages: async () => (await store.owedEvents(9_999)).map(({ message }) => message),
  };
}

function spooled(store: Awaited<ReturnType<typeof server>>, file = folder.file(`spool-${files}.sqlite`)) {
  const told = new EventEmitter();
  const sentences: string[] = [];
  const lines: string[] = [];
  const events = new SpooledEvents({
    store,
    spool: new Spool(file),
    patienceMs: 50,
    everyMs: 5,
    onStored: () => told.emit('stored'),
    onChange: (isAway, sentence) => {
      sentences.push(sentence);
      told.emit(isAway ? 'away' : 'back');
    },
    log: createLog('info', { write: (line) => void lines.push(line) }),
  });
  open.push(events);
  return { events, told, sentences, lines, file };
}

const named = (message: string, webhookId: string | null = null) => newEvent({ message, webhookId });

describe('events while the SQL Server is away', () => {
  it('go to it as long as it is there', async () => {
    const store = await server();
    const { events, sentences } = spooled(store);
    assert.deepEqual(await events.addEvent(named('a')), { id: 1, isDuplicate: false });
    assert.deepEqual([events.state, sentences], [{ isAway: false, spooled: 0 }, []]);
  });

  it('are kept, said once, and stored in order when it is back', async () => {
    const store = await server();
    const { events, told, sentences, lines } = spooled(store);
    await events.addEvent(named('0'));
    store.state.is = 'away';
    const back = once(told, 'back');
    for (let n = 1; n <= 500; n += 1) {
      assert.deepEqual(await events.addEvent(named(String(n))), { id: null, isDuplicate: false });
    }
    assert.deepEqual(events.state, { isAway: true, spooled: 500 });
    store.state.is = 'here';
    await back;
    assert.deepEqual(
      await store.messages(),
      Array.from({ length: 501 }, (_, n) => String(n)),
    );
    assert.deepEqual(events.state, { isAway: false, spooled: 0 });
    assert.match(sentences[0] ?? '', /cannot be reached/);
    assert.match(sentences[1] ?? '', /is back\. 500 events/);
    assert.equal(sentences.length, 2);
    assert.match(lines.join(''), /the SQL Server is away: events are spooled/);
    assert.equal((await events.addEvent(named('after'))).id, 502);
  });

  it('a webhook id counts once: in the spool, and with what was stored before', async () => {
    const store = await server();
    const { events, told } = spooled(store);
    await events.addEvent(named('a', 'w1'));
    store.state.is = 'away';
    const back = once(told, 'back');
    assert.equal((await events.addEvent(named('a', 'w1'))).isDuplicate, false, 'it cannot know yet');
    assert.equal((await events.addEvent(named('a', 'w1'))).isDuplicate, true);
    assert.equal((await events.addEvent(named('b', 'w2'))).isDuplicate, false);
    store.state.is = 'here';
    await back;
    assert.deepEqual(await store.messages(), ['a', 'b']);
  });

  it('one that was stored although no answer came is not stored again', async () => {
    const store = await server();
    const { events, told } = spooled(store);
    store.state.is = 'lost-answer';
    const back = once(told, 'back');
    assert.equal((await events.addEvent(named('a'))).id, null);
    store.state.is = 'here';
    await back;
    assert.deepEqual(await store.messages(), ['a']);
  });

  it('a server that says nothing holds up no sender', async () => {
    const store = await server();
    const { events } = spooled(store);
    store.state.is = 'silent';
    assert.equal((await events.addEvent(named('a'))).id, null);
    assert.deepEqual(events.state, { isAway: true, spooled: 1 });
    store.state.is = 'away';
  });

  it('outlive the process: the next run stores what this one kept', async () => {
    const store = await server();
    const first = spooled(store);
    store.state.is = 'away';
    await first.events.addEvent(newEvent({ message: 'a', body: new Uint8Array([0, 255]), skewMs: -7, priority: 2 }));
    await first.events.close();
    store.state.is = 'here';
    const second = spooled(store, first.file);
    await once(second.told, 'stored');
    assert.deepEqual(await store.messages(), ['a']);
  });

  it("what is the event's own fault is the sender's to hear", async () => {
    const store = await server();
    const failing = { ...store, addEvent: () => Promise.reject(new AssistantError('store-failed', 'too long')) };
    const { events } = spooled(failing);
    await assert.rejects(events.addEvent(named('a')), { code: 'store-failed' });
    assert.deepEqual(events.state, { isAway: false, spooled: 0 });
  });

  it('what was acknowledged and is refused stays, is said once, and is stored when the server takes it', async () => {
    const store = await server();
    let isRefused = false;
    const refusing = {
      ...store,
      addEvent: (event: NewEvent, key: Uint8Array) =>
        isRefused
          ? Promise.reject(new AssistantError('store-failed', 'permission denied'))
          : store.addEvent(event, key),
    };
    const first = spooled(refusing);
    store.state.is = 'away';
    await first.events.addEvent(named('a'));
    await first.events.close();
    store.state.is = 'here';
    isRefused = true;
    const { events, told, sentences, lines } = spooled(refusing, first.file);
    await once(told, 'away');
    await events.addEvent(named('b'));
    assert.deepEqual(events.state, { isAway: true, spooled: 2 });
    const back = once(told, 'back');
    isRefused = false;
    await back;
    assert.deepEqual(await store.messages(), ['a', 'b']);
    assert.deepEqual([events.state, sentences.length], [{ isAway: false, spooled: 0 }, 2]);
    assert.match(sentences[0] ?? '', /refuses the events that were kept/);
    assert.match(lines.join(''), /permission denied.*refuses spooled events/);
  });
});
