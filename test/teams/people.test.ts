import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import type { Activity, TurnContext } from 'botbuilder';
import { createLog } from '../../src/log.ts';
import { People, placeOf } from '../../src/teams/people.ts';
import { createSpeakers } from '../../src/teams/speakers.ts';

const HOUR = 60 * 60_000;
const FROM = { id: '29:alex', aadObjectId: 'object-a', name: 'Alex Wilber' };
const MEMBER = { id: '29:alex', aadObjectId: 'object-a', userPrincipalName: 'alex@example.net' };

/** A turn, with what Teams answers when it is asked for a member. */
function turn(from: object = FROM, answer: () => Promise<unknown> = async () => MEMBER) {
  const key = Symbol('connector');
  const asked: string[] = [];
  const connector = {
    conversations: {
      getConversationMember: (conversation: string, person: string) => {
        asked.push(`${conversation} ${person}`);
        return answer();
      },
    },
  };
  const activity = { from, conversation: { id: 'a:1', conversationType: 'personal' }, localTimezone: 'Asia/Tokyo' };
  const turnState = new Map<symbol, unknown>([[key, connector]]);
  const context = { activity, adapter: { ConnectorClientKey: key }, turnState } as unknown as TurnContext;
  return { context, asked };
}

function people(needsUpn = true) {
  const clock = { now: 1_000 };
  return { clock, people: new People({ needsUpn: () => needsUpn, now: () => clock.now, log: createLog('silent') }) };
}

describe('who it is', () => {
  it('the principal name is not asked for when nobody is named by it', async () => {
    const { context, asked } = turn();
    assert.deepEqual(await people(false).people.personOf(context), {
      id: '29:alex',
      objectId: 'object-a',
      upn: null,
      name: 'Alex Wilber',
    });
    assert.deepEqual(asked, []);
  });

  const cases: [what: string, from: object, member: object, upn: string | null][] = [
    ['the same person', FROM, MEMBER, 'alex@example.net'],
    ['Teams told no object id of who speaks', { ...FROM, aadObjectId: undefined }, MEMBER, 'alex@example.net'],
    ['another person', FROM, { ...MEMBER, id: '29:sam' }, null],
    ['another object id', FROM, { ...MEMBER, aadObjectId: 'object-b' }, null],
    ['no object id of the member', FROM, { ...MEMBER, aadObjectId: undefined }, null],
    ['a guest without one', FROM, { ...MEMBER, userPrincipalName: undefined }, null],
  ];
  for (const [what, from, member, upn] of cases) {
    it(`${what}: ${upn}`, async () => {
      const { context, asked } = turn(from, async () => member);
      assert.equal((await people().people.personOf(context)).upn, upn);
      assert.deepEqual(asked, ['a:1 29:alex']);
    });
  }

  it('somebody without a name is somebody', async () => {
    const { context } = turn({ id: '29:alex' });
    const { objectId, name } = await people(false).people.personOf(context);
    assert.deepEqual([objectId, name], [null, 'somebody']);
  });

  it('it is known for an hour', async () => {
    const { context, asked } = turn();
    const { people: known, clock } = people();
    await known.personOf(context);
    clock.now += HOUR - 1;
    assert.equal((await known.personOf(context)).upn, 'alex@example.net');
    assert.equal(asked.length, 1);
    clock.now += 1;
    await known.personOf(context);
    assert.equal(asked.length, 2);
  });

  it('Teams fails: nobody in particular for this once, and it is asked again', async () => {
    let isBroken = true;
    const { context } = turn(FROM, async () => (isBroken ? Promise.reject(new Error('503')) : MEMBER));
    const { people: known } = people();
    assert.equal((await known.personOf(context)).upn, null);
    isBroken = false;
    assert.equal((await known.personOf(context)).upn, 'alex@example.net');
  });

  describe('Teams does not answer', () => {
    beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
    afterEach(() => mock.timers.reset());
    it('nobody in particular after three seconds', async () => {
      const { context } = turn(FROM, () => new Promise(() => {}));
      const person = people().people.personOf(context);
      mock.timers.tick(3_000);
      assert.equal((await person).upn, null);
    });
  });
});

describe('where it is', () => {
  const cases: [type: string | undefined, kind: string][] = [
    ['personal', 'personal'],
    ['channel', 'channel'],
    ['groupChat', 'groupChat'],
    [undefined, 'groupChat'],
    ['something new', 'groupChat'],
  ];
  for (const [conversationType, kind] of cases) {
    it(`${conversationType ?? 'nothing told'}: ${kind}`, () => {
      const conversation = { id: 'a:1', conversationType } as Activity['conversation'];
      assert.deepEqual(placeOf({ conversation }), { conversationId: 'a:1', kind });
    });
  }
});

describe('who speaks in a turn', () => {
  const speakers = () => createSpeakers(people().people, { zone: 'Europe/London', locale: 'en-gb' });

  it('is asked once, and known for the rest of it', async () => {
    const { context, asked } = turn();
    const { speaker, speakerOf } = speakers();
    const said = await speaker(context);
    assert.deepEqual([said.zone, said.locale, said.place.kind], ['Asia/Tokyo', 'en-gb', 'personal']);
    assert.equal(speakerOf(context), said);
    assert.equal(asked.length, 1);
  });

  it('must have been asked: nothing happens in the name of nobody', () => {
    assert.throws(() => speakers().speakerOf(turn().context), /Nobody asked who speaks/);
  });
});
