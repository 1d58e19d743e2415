// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of card templates, as text.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { confirmationCard } from '../../cards/action-cards.ts';
import { digestCard, eventCard, eventText } from '../../cards/event-cards.ts';
import { choicesCard, helpCard } from '../../cards/talk-cards.ts';
import { actions } from '../../src/actions/index.ts';
import { rebootAction } from '../../src/actions/reboot.ts';
import { due, many } from '../events/due.ts';
import { pending } from '../store/samples.ts';
import { markdownTexts, ofType, plainTexts, words } from './parse.ts';
import { context, everyCard, NOW, ordinary, reader } from './samples.ts';

/** Everything a card shows, as words. */
const shown = ({ content }: { content?: unknown }) =>
  [...markdownTexts(content), ...plainTexts(content)].map(words).join('\n');

describe('buttons', () => {
  it('carry their verb and the id of the confirmation, unchanged', () => {
    const id = '*c1*_${x}';
    const summary = rebootAction.summarise('{"device":"hq-fw01","at":null}', NOW, reader);
    const { content } = confirmationCard(pending({ id, expiresAt: NOW + 600_000 }), summary, NOW, 'en-gb');
    assert.deepEqual(
      ofType(content, 'Action.Execute').map(({ title, verb, data }) => [title, verb, data]),
      [
        ['Reboot now', 'confirm', { confirmation: id }],
        ['Cancel', 'cancel', { confirmation: id }],
      ],
    );
  });

  it('say in the person’s place exactly what is written', () => {
    const say = 'reboot hq_fw*01 & more';
    const [button] = ofType(choicesCard('Which?', null, [{ title: 'this_one', say }]).content, 'Action.Submit');
    assert.equal(button?.title, 'this_one');
    assert.deepEqual({ ...(button?.data ?? {}), say }, button?.data);
  });

  it('no card but the confirmation can confirm anything', () => {
    for (const [name, { content }] of everyCard(ordinary)) {
      if (name !== 'confirmation') assert.deepEqual(ofType(content, 'Action.Execute'), [], name);
    }
  });
});

describe('an event', () => {
  it('of priority 1 shows its detail, one of priority 2 does not', () => {
    const detail = JSON.stringify('RPD core dumped');
    assert.match(shown(eventCard(due(1, 1, { detail }), context)), /Critical[\s\S]*RPD core dumped/);
    const summary = shown(eventCard(due(1, 2, { detail }), context));
    assert.match(summary, /Warning/);
    assert.doesNotMatch(summary, /core dumped/);
  });

  it('does not repeat its id in front of the message, and says when there is no message', () => {
    const text = (message: string) =>
      plainTexts(eventCard(due(1, 1, { event: 'UI_COMMIT', message }), context).content)[0];
    assert.equal(text('UI_COMMIT: user netops'), 'user netops');
    assert.equal(text('UI_COMMIT_NOT_CONFIRMED: x'), 'UI_COMMIT_NOT_CONFIRMED: x');
    assert.equal(text(' '), 'No message came with it.');
  });

  it('with the busiest processes has them as a table, at most eight rows of five columns', () => {
    const rows = Array.from({ length: 20 }, (_, n) => ({
      pid: n,
      user: 'root',
      cpu: 71.3,
      command: 'rpd',
      a: 1,
      b: 2,
    }));
    const { content } = eventCard(due(1, 1, { detail: JSON.stringify(rows) }), context);
    const [table] = ofType(content, 'Table') as [{ columns: unknown[]; rows: { cells: unknown[] }[] }];
    assert.deepEqual([table.columns.length, table.rows.length, table.rows[1]?.cells.length], [5, 9, 5]);
    assert.match(shown({ content }), /71\.3/);
  });

  it('names the site of its device, and says so when there is none', () => {
    assert.match(shown(eventCard(due(1), context)), /\bhq\b/);
    assert.match(shown(eventCard(due(1), { ...context, siteOf: () => null })), /not in devices\.yaml/i);
  });
});

describe('a digest', () => {
  it('counts what it holds, most frequent first, and loses nothing silently', () => {
    const kinds = Array.from({ length: 10 }, (_, kind) =>
      Array.from({ length: 10 - kind }, (_, n) =>
        due(kind * 100 + n, 1, { event: `KIND_${kind}`, hostname: `fw${n}` }),
      ),
    ).flat();
    const text = shown(digestCard(kinds, context));
    assert.match(text, /55 events from 10 devices/);
    assert.ok(text.indexOf('KIND_0') < text.indexOf('KIND_7'));
    assert.match(text, /2 more kinds, 3 events\. All of them are stored\./);
    assert.match(text, /fw0, fw1, fw2 and 7 more devices/);
  });

  it('of one device says device', () => assert.match(shown(digestCard(many(7), context)), /7 events from 1 device\b/));
});

describe('the words alone', () => {
  it('say what the card would have said, without control characters', () => {
    const event = due(1, 1, { event: 'A\u202eB', hostname: 'fw\u000001', receivedAt: NOW });
    assert.equal(eventText([event], context), 'Critical: AB on fw 01, 10:00 GMT');
    assert.match(eventText([event, due(2)], context), /, and 1 more events\. All of them are stored\.$/);
    assert.equal(eventText([], context), '');
  });
});

describe('help', () => {
  it('offers actions to who may act, and tells the others whom to ask', () => {
    assert.match(shown(helpCard(actions, true, 'netops')), /reboot hq-fw01 in 30 minutes/);
    const other = shown(helpCard(actions, false, 'netops'));
    assert.doesNotMatch(other, /reboot/);
    assert.match(other, /ask netops\./);
  });
});
