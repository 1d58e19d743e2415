import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nextOperation } from '../../src/events/next-operation.ts';
import { waiting } from './groups.ts';

const shown = (at: number) => ({
  activityId: 'card',
  conversationId: 'a:1',
  shownRevision: 1,
  revision: 2,
  shownAt: at,
});
const none = () => 0;

describe('nextOperation', () => {
  it('new cards before changed ones, the oldest first', () => {
    const behind = [waiting('changed', shown(0)), waiting('b', { openedAt: 2 }), waiting('a', { openedAt: 1 })];
    const next = nextOperation(behind, 'urgent', none, 60_000);
    assert.deepEqual(next.kind !== 'wait' && [next.kind, next.group.id, next.reason], ['post', 'a', 'new']);
  });

  it('of changed ones that which was not touched for longest, and none too often', () => {
    const behind = [waiting('a', shown(9_000)), waiting('b', shown(8_000))];
    assert.deepEqual(nextOperation(behind, 'urgent', none, 10_000), { kind: 'wait', until: 13_000 });
    const next = nextOperation(behind, 'urgent', none, 20_000);
    assert.deepEqual(next.kind !== 'wait' && [next.kind, next.group.id], ['update', 'b']);
  });

  it('each lane has its own', () => {
    const behind = [waiting('a', { priority: 2 })];
    assert.deepEqual(nextOperation(behind, 'urgent', none, 0), { kind: 'wait', until: null });
    assert.equal(nextOperation(behind, 'normal', none, 0).kind, 'post');
  });

  it('what is under way is left alone, what was refused until its time', () => {
    const behind = [waiting('a'), waiting('b')];
    const held = (id: string) => (id === 'a' ? Number.POSITIVE_INFINITY : 400);
    assert.deepEqual(nextOperation(behind, 'urgent', held, 100), { kind: 'wait', until: 500 });
  });

  it('a card that lost its message is posted anew', () => {
    const behind = [waiting('a', { shownRevision: 1, revision: 2, shownAt: 1 })];
    const next = nextOperation(behind, 'urgent', none, 0);
    assert.equal(next.kind !== 'wait' && next.reason, 'lost-its-card');
  });

  it('a clock that was set back holds nothing', () => {
    assert.equal(nextOperation([waiting('a', shown(1_000_000))], 'urgent', none, 500).kind, 'update');
  });
});
