// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of card templates, as text.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Attachment } from 'botbuilder';
import { confirmationCard, requestCard } from '../../cards/action-cards.ts';
import { groupCard, groupText, sparkline } from '../../cards/event-cards.ts';
import {
  choicesCard,
  deviceQuestionCard,
  devicesCard,
  helpCard,
  rebootsCard,
  timeQuestionCard,
  unknownCard,
} from '../../cards/talk-cards.ts';
import type { Summary } from '../../src/actions/action.ts';
import type { Grouped } from '../../src/events/grouping.ts';
import type { JobStatus } from '../../src/store/store.ts';
import { groupOf } from '../events/groups.ts';
import { pending } from '../store/samples.ts';
import { markdownTexts, nodes, ofType, plainTexts, words } from './parse.ts';
import { context, everyCard, LATER, NOW, ordinary, summary, view } from './samples.ts';

/** Everything a card shows, as words. */
const shown = ({ content }: { content?: unknown }) =>
  [...markdownTexts(content), ...plainTexts(content)].map(words).join('\n');

describe('buttons', () => {
  it('carry their verb and the id of the confirmation, unchanged; cancelling needs nothing filled in', () => {
    const id = '*c1*_${x}';
    const { content } = confirmationCard(pending({ id, expiresAt: NOW + 600_000 }), summary(ordinary), NOW, 'en-gb');
    assert.deepEqual(
      ofType(content, 'Action.Execute').map(({ title, verb, data, associatedInputs }) => [
        title,
        verb,
        data,
        associatedInputs,
      ]),
      [
        ['Reboot now', 'confirm', { confirmation: id }, undefined],
        ['Cancel', 'cancel', { confirmation: id }, 'none'],
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
    const harmless = new Set<unknown>(['look-again', 'acknowledge', 'mute', 'unmute', 'latest']);
    for (const [name, { content }] of everyCard(ordinary)) {
      const verbs = ofType(content, 'Action.Execute').map(({ verb }) => verb);
      if (!name.startsWith('confirmation')) assert.ok(!verbs.some((verb) => !harmless.has(verb)), name);
    }
  });

  it('six at most in a row: more fold behind a menu', () => {
    for (const [name, { content }] of everyCard(ordinary)) {
      for (const { actions = [] } of nodes(content)) assert.ok((actions as unknown[]).length <= 6, name);
    }
  });

  it('that say something stand in rows that a phone shows whole, the longest alone', () => {
    const says = ['reboot hq-fw01 in 30 minutes', 'devices', 'help', 'restart routing on branch-office-fw01'];
    const { content } = unknownCard({ examples: says });
    assert.deepEqual(
      ofType(content, 'ActionSet').map(({ actions }) => (actions as { title: string }[]).map(({ title }) => title)),
      [[says[0]], ['devices', 'help'], [says[3]]],
    );
  });
});

describe('a confirmation', () => {
  const card = (of = summary(ordinary)) => confirmationCard(pending({ expiresAt: NOW + 600_000 }), of, NOW, 'en-gb');

  it('shows the device, what it is, when, and when it expires', () => {
    const text = shown(card());
    assert.match(text, /^Reboot hq-fw01\?$/m);
    assert.match(text, /Asked by Alex Wilber\. Expires at 10:10 GMT\./);
    assert.match(text, /^✓ hq-fw01$/m);
  });

  it('a device that was not seen says so in a word beside its mark', () => {
    const text = shown(card(summary(ordinary, 3)));
    assert.match(text, /^\? hq-fw011\nUnknown: Shutdown/m);
    assert.match(text, /^! hq-fw012\nNot reachable: Shutdown/m);
  });

  const looked = (name: string, state: Summary['devices'][number]['state'] = 'ok') => ({
    name,
    about: state === 'ok' ? 'SRX345 · Junos 22.4R3 · up 41 days' : 'It did not answer in 4 s.',
    state,
  });
  const plain = { ...summary(ordinary), choices: [], warnings: [] };
  const canConfirm = ({ content }: { content?: unknown }) =>
    ofType(content, 'Action.Execute').some(({ verb }) => verb === 'confirm');

  for (const length of [8, 40, 120, 253, 254, 3_000]) {
    for (const count of [1, 2, 12, 13, 50, 200, 1_000]) {
      it(`${count} devices with names of ${length} characters: each is named whole, or nothing can be confirmed`, () => {
        const names = Array.from({ length: count }, (_, n) => `d${n}-`.padEnd(length, 'x'));
        const rendered = card({ ...plain, devices: names.map((name) => looked(name)) });
        const named = new Set(shown(rendered).match(/\bd\d+-x*/g));
        assert.equal(
          canConfirm(rendered),
          names.every((name) => named.has(name)),
        );
        assert.equal(canConfirm(rendered), length <= 253 && length * count < 20_000);
        assert.ok(ofType(rendered.content, 'Action.Execute').some(({ verb }) => verb === 'cancel'));
      });
    }
  }

  it('too large for a card says so, and asks for nothing', () => {
    const rendered = card({
      ...plain,
      devices: Array.from({ length: 400 }, (_, n) => looked(`d${n}`.padEnd(120, 'x'))),
    });
    assert.match(shown(rendered), /^400 devices, .* are more than one card can show\. .* Ask for fewer at a time\.$/m);
    assert.match(String((rendered.content as { speak: string }).speak), /Too many devices for one card\.$/);
    assert.deepEqual(ofType(rendered.content, 'Input.ChoiceSet'), []);
  });

  it('of many devices shows first those that could not be seen, with the reason', () => {
    const devices = Array.from({ length: 20 }, (_, n) =>
      looked(`sw${n}`, n === 19 ? 'unreachable' : n === 18 ? 'unknown' : 'ok'),
    );
    const text = shown(card({ ...plain, devices }));
    assert.match(text, /^! sw19\nNot reachable: It did not answer in 4 s\.\n\? sw18\nUnknown: .*\n✓ sw0$/m);
    assert.match(text, /^✓ And 8 more: sw10, sw11, sw12, sw13, sw14, sw15, sw16, sw17$/m);
  });

  it('of many devices nobody saw says so of those without a line, too', () => {
    const text = shown(
      card({ ...plain, devices: Array.from({ length: 14 }, (_, n) => looked(`sw${n}`, 'unreachable')) }),
    );
    assert.match(text, /^! And 2 more, not reachable: sw12, sw13$/m);
  });

  it('what can be chosen for each of many devices is all there, folded', () => {
    const choices = Array.from({ length: 20 }, (_, n) => ({
      id: `engines sw${n}`,
      label: `Engines of sw${n}`,
      value: null,
      options: [
        { title: 'this one', value: 'this' },
        { title: 'both', value: 'both' },
      ],
    }));
    const devices = Array.from({ length: 20 }, (_, n) => looked(`sw${n}`));
    const sets = ofType(card({ ...plain, devices, choices }).content, 'Input.ChoiceSet');
    assert.deepEqual(
      sets.map(({ id }) => id),
      choices.map(({ id }) => id),
    );
    assert.ok(sets.every(({ style }) => style === 'compact'));
    // More than fit: nothing is chosen in silence.
    const more = Array.from({ length: 20 }, () => choices).flat();
    assert.equal(canConfirm(card({ ...plain, devices, choices: more })), false);
  });

  it('the button that declines is called what the action calls it', () => {
    const { content } = card({ ...plain, decline: 'Keep it' });
    assert.deepEqual(
      ofType(content, 'Action.Execute').map(({ title, verb }) => [title, verb]),
      [
        ['Reboot now', 'confirm'],
        ['Keep it', 'cancel'],
      ],
    );
  });

  it('brings back what the card promised, and the id whatever that was called', () => {
    const { content } = card({ ...plain, data: { 'own hq-fw01': 'node0', confirmation: 'other' } });
    const [confirm] = ofType(content, 'Action.Execute');
    assert.deepEqual(confirm?.data, { 'own hq-fw01': 'node0', confirmation: pending().id });
  });

  it('what is to be chosen: few at once, many folded; nothing preset that has to be chosen; values as they are', () => {
    const sets = ofType(card(summary(ordinary, 3)).content, 'Input.ChoiceSet') as {
      [key: string]: unknown;
      choices: { value: string }[];
    }[];
    assert.deepEqual(
      sets.map(({ id, value, style, isRequired }) => [id, value, style, isRequired]),
      [
        ['engines 0', 'this', 'expanded', false],
        ['engines 1', '', 'expanded', true],
        ['engines 2', '', 'compact', true],
      ],
    );
    assert.deepEqual(
      sets[2]?.choices.map(({ value }) => value),
      ['this', 'other', 'both', 'member:3'],
    );
  });
});

describe('a request', () => {
  const card = (...statuses: JobStatus[]) => requestCard(view(ordinary, statuses), LATER, 'en-gb');
  const top = (...statuses: JobStatus[]) => {
    const { content } = card(...statuses);
    const [header] = (content as { body: { style: string; items: { text: string }[] }[] }).body;
    return [header?.style, words(header?.items[0]?.text ?? '')];
  };

  it('one device: its steps, and its answer one tap away', () => {
    const { content } = card('waiting');
    const text = shown({ content });
    assert.match(text, /✓ Connected to hq-fw01/);
    assert.match(text, /… Shutdown NOW/);
    const [answers] = [...(content as { body: { id?: string; isVisible?: boolean }[] }).body].filter(({ id }) => id);
    assert.deepEqual([answers?.id, answers?.isVisible], ['answers', false]);
    assert.deepEqual(ofType(content, 'Action.ToggleVisibility')[0]?.targetElements, ['answers']);
  });

  const looks: [statuses: JobStatus[], style: string, word: string][] = [
    [['queued'], 'accent', 'Starting'],
    [['sent'], 'accent', 'In progress'],
    [['scheduled'], 'good', 'Scheduled'],
    [['done'], 'good', 'Done'],
    [['refused'], 'warning', 'Refused'],
    [['unknown'], 'warning', 'Unknown'],
    [['failed'], 'attention', 'Failed'],
    [['cancelled'], 'emphasis', 'Cancelled'],
    [['done', 'done'], 'good', 'Done'],
    [['done', 'running'], 'accent', 'In progress, 1 of 2'],
    [['done', 'waiting', 'queued'], 'accent', 'In progress, 1 of 3'],
    [['done', 'failed', 'done'], 'attention', '1 failed, 2 done'],
    [['done', 'unknown'], 'warning', '1 unknown, 1 done'],
    [['scheduled', 'refused'], 'warning', '1 refused, 1 scheduled'],
    [['scheduled', 'scheduled'], 'good', 'Scheduled'],
  ];
  for (const [statuses, style, word] of looks) {
    it(`${statuses.join(', ')}: ${word}`, () => assert.deepEqual(top(...statuses), [style, word]));
  }

  it('several devices: a line each, with the word beside the mark', () => {
    const text = shown(card('done', 'failed'));
    assert.match(text, /^✓ hq-fw01: Done$/m);
    assert.match(text, /^✗ hq-fw011: Failed$/m);
  });

  it('fifty devices: those that are not well first, the rest counted', () => {
    const statuses = Array.from({ length: 50 }, (_, n): JobStatus => (n === 49 ? 'failed' : 'done'));
    const text = shown(card(...statuses));
    assert.ok(text.indexOf('hq-fw0149: Failed') > 0 && text.indexOf('hq-fw0149: Failed') < text.indexOf(': Done'));
    assert.match(text, /And 38 more: 38 done\./);
  });

  it('several buttons stand in rows above the footer, one beside "Details"', () => {
    const again = (count: number, title?: string) => {
      const of = view(ordinary, ['failed', 'failed']);
      const buttons = of.buttons.slice(0, count).map((button) => ({ ...button, title: title ?? button.title }));
      return requestCard({ ...of, buttons }, LATER, 'en-gb').content;
    };
    const below = (content: unknown) => (content as { actions: { title: string }[] }).actions.map(({ title }) => title);
    assert.deepEqual(below(again(1, 'Look again')), ['Look again', 'Details']);
    assert.deepEqual(below(again(2)), ['Details']);
    assert.deepEqual(
      ofType(again(2), 'Action.Execute').map(({ verb, data }) => [verb, data]),
      [
        ['look-again', { job: 'j0' }],
        ['look-again', { job: 'j1' }],
      ],
    );
  });

  it('says who confirmed and when it ended, once it has', () => {
    assert.match(shown(card('done')), /Confirmed by Alex Wilber, 10:00 GMT\. Ended 10:01 GMT\./);
    assert.match(shown(card('done', 'running')), /Confirmed by Alex Wilber, 10:00 GMT\.$/m);
  });
});

describe('a question', () => {
  it('has its likely answers as buttons and the rest in a list that is searched', () => {
    const { content } = deviceQuestionCard({
      question: 'Which device?',
      hint: 'Or write its name.',
      suggested: [{ title: 'hq-fw01', say: 'reboot hq-fw01 in 5 minutes' }],
      all: [{ title: 'hq-fw01', value: 'hq-fw01' }],
    });
    const [input] = ofType(content, 'Input.ChoiceSet');
    assert.deepEqual([input?.id, input?.style], ['device', 'filtered']);
    assert.deepEqual(
      ofType(content, 'Action.Submit').map(({ title, data, associatedInputs }) => [title, data, associatedInputs]),
      [
        ['hq-fw01', { say: 'reboot hq-fw01 in 5 minutes' }, 'none'],
        ['Choose', { ask: 'device' }, undefined],
      ],
    );
  });

  const named = (count: number, length: number) =>
    Array.from({ length: count }, (_, n) => `d${n}-`.padEnd(length, 'x')).map((name) => ({ title: name, value: name }));
  const asked = { question: 'Which device?', hint: 'Or write its name. "cancel" ends this.', suggested: [] };

  it('has 500 devices in its list', () => {
    const [input] = ofType(deviceQuestionCard({ ...asked, all: named(500, 12) }).content, 'Input.ChoiceSet');
    assert.ok(Array.isArray(input?.choices) && input.choices.length === 500);
  });

  for (const [count, length] of [
    [500, 60],
    [20_000, 12],
  ] as const) {
    it(`with ${count} names of ${length} characters, which no card holds, says that the name is to be written`, () => {
      const card = deviceQuestionCard({ ...asked, all: named(count, length) });
      assert.deepEqual([...ofType(card.content, 'Input.ChoiceSet'), ...ofType(card.content, 'Action.Submit')], []);
      assert.match(shown(card), new RegExp(`^There are ${count}, too many for a list here\\.\nWrite its name\\.`, 'm'));
    });
  }

  it('a list in letters of three bytes is measured in bytes', () => {
    const all = Array.from({ length: 170 }, (_, n) => ({ title: '漢'.repeat(25) + n, value: '漢'.repeat(25) + n }));
    const { content } = deviceQuestionCard({ ...asked, all });
    assert.ok(Buffer.byteLength(JSON.stringify(content)) < 28_000);
  });

  it('beside a long question, a list that would just have fitted is left out', () => {
    const card = deviceQuestionCard({ ...asked, question: '漢'.repeat(300), all: named(590, 10) });
    assert.ok(Buffer.byteLength(JSON.stringify(card.content)) < 28_000);
    assert.match(shown(card), /^There are 590, too many for a list here\.$/m);
  });

  it('without a list has no button for it', () => {
    const { content } = deviceQuestionCard({ question: 'Which?', hint: 'Write it.', suggested: [], all: [] });
    assert.deepEqual(ofType(content, 'Action.Submit'), []);
  });

  it('about a time has its readings, and a day and a time to choose', () => {
    const { content } = timeQuestionCard({ question: 'When?', why: 'Two readings.', choices: [] });
    assert.deepEqual(
      [...ofType(content, 'Input.Date'), ...ofType(content, 'Input.Time')].map(({ id }) => id),
      ['date', 'time'],
    );
    assert.deepEqual(
      ofType(content, 'Action.Submit').map(({ data }) => data),
      [{ ask: 'time' }],
    );
  });
});

const event = (change: Partial<Grouped> = {}) => groupCard(groupOf({ at: NOW, ...change }), context);

describe('events', () => {
  it('of priority 1 show their detail, those of priority 2 do not', () => {
    const detail = JSON.stringify('RPD core dumped');
    assert.match(shown(event({ detail })), /Critical[\s\S]*RPD core dumped/);
    const summary = shown(event({ detail, priority: 2 }));
    assert.match(summary, /Warning/);
    assert.doesNotMatch(summary, /core dumped/);
  });

  it('do not repeat their id in front of the message, and say when there is no message', () => {
    const text = (message: string) => plainTexts(event({ event: 'UI_COMMIT', message }).content)[0];
    assert.equal(text('UI_COMMIT: user netops'), 'user netops');
    assert.equal(text('UI_COMMIT_NOT_CONFIRMED: x'), 'UI_COMMIT_NOT_CONFIRMED: x');
    assert.equal(text(' '), 'No message came with it.');
  });

  it('with the busiest processes have them as a table, at most eight rows of five columns', () => {
    const rows = Array.from({ length: 20 }, (_, n) => ({
      pid: n,
      user: 'root',
      cpu: 71.3,
      command: 'rpd',
      a: 1,
      b: 2,
    }));
    const { content } = event({ detail: JSON.stringify(rows) });
    const [table] = ofType(content, 'Table') as [{ columns: unknown[]; rows: { cells: unknown[] }[] }];
    assert.deepEqual([table.columns.length, table.rows.length, table.rows[1]?.cells.length], [5, 9, 5]);
    assert.match(shown({ content }), /71\.3/);
  });

  it('name the site of their device, and say so when there is none', () => {
    assert.match(shown(event()), /^hq-fw01 · site hq$/m);
    assert.match(
      shown(groupCard(groupOf({}), { ...context, deviceOf: () => null })),
      /^hq-fw01 · not in devices\.yaml$/m,
    );
  });

  it('of many devices say how many, from when to when, and who has most', () => {
    const group = groupOf(
      ...Array.from({ length: 20 }, (_, n) => ({
        ...{ event: 'SNMP_TRAP_LINK_DOWN', priority: 2 as const, at: NOW + n * 10_000 },
        hostname: n < 12 ? 'hq-sw01' : `hq-sw0${2 + (n % 4)}`,
        message: 'ifName ge-0/0/11',
      })),
    );
    const text = shown(groupCard(group, { ...context, now: NOW + 300_000 }));
    assert.match(text, /^Warning$/m);
    assert.match(text, /^site hq · 5 devices$/m);
    assert.match(
      text,
      /^×20 · first 10:00 GMT, last 10:03 GMT · most: hq-sw01 \(12\), .* · [▁▂▃▄▅▆▇█]+ \(30 s each\)$/m,
    );
    assert.match(text, /on hq-sw05: ifName ge-0\/0\/11/);
  });

  it('of many kinds are counted by kind, most frequent first, and nothing is lost silently', () => {
    const kinds = Array.from({ length: 10 }, (_, kind) =>
      Array.from({ length: 10 - kind }, (_, n) => ({ event: `KIND_${kind}`, hostname: `fw${n}`, key: 'k' })),
    ).flat();
    const text = shown(groupCard({ ...groupOf(...kinds), event: null }, context));
    assert.match(text, /55 events of 10 kinds/);
    assert.match(text, /×10 KIND_0[\s\S]*×5 KIND_5\n×10 of other kinds\. All of them are stored\./);
  });

  it('say who has them, and that they are over', () => {
    const group = groupOf({});
    group.acknowledged = { by: 'Alex Wilber', at: NOW };
    assert.match(shown(groupCard(group, context)), /^Alex Wilber has it, 10:00 GMT\.$/m);
    const titles = (card: Attachment) => ofType(card.content, 'Action.Execute').map(({ title }) => title);
    assert.ok(titles(event()).includes('Acknowledge'));
    assert.ok(!titles(groupCard(group, context)).includes('Acknowledge'));
    const pair = { down: 'A', subject: 'x' };
    const cleared = groupOf({ pair: { ...pair, direction: 'down' } }, { pair: { ...pair, direction: 'up' }, at: NOW });
    assert.match(shown(groupCard(cleared, context)), /^Cleared$[\s\S]*^Cleared 10:00 GMT\.$/m);
  });

  it('say what was lost before them', () => {
    assert.match(shown(event({ lost: 1 })), /^Before these, one event was lost: no room on the device\.$/m);
    assert.match(shown(event({ lost: 12 })), /^Before these, 12 events were lost: no room on the device\.$/m);
  });

  it('of which some are over name those that are not', () => {
    const side = (name: number, direction: 'down' | 'up') => ({
      at: NOW,
      event: 'LINK_DOWN',
      priority: direction === 'up' ? (3 as const) : (2 as const),
      pair: { direction, down: 'LINK_DOWN', subject: `ge-0/0/${name}` },
    });
    const downs = Array.from({ length: 6 }, (_, name) => side(name, 'down'));
    const text = shown(groupCard(groupOf(...downs, side(0, 'up')), context));
    assert.match(text, /^5 of 6 still down: hq-fw01 ge-0\/0\/1, hq-fw01 ge-0\/0\/2, hq-fw01 ge-0\/0\/3, 2 more\.$/m);
  });

  it('say what a mute of them hides besides: in a storm also other kinds', () => {
    const note = /^Another critical kind of event is shown all the same\.$/m;
    const storm = { ...groupOf({}), event: null };
    for (const priority of [1, 2] as const) {
      assert.match(shown(event({ priority })), note);
      const text = shown(groupCard({ ...storm, priority }, context));
      assert.match(text, /^While too much comes at once, other kinds are kept quiet as well, also critical ones\.$/m);
      assert.doesNotMatch(text, note);
    }
  });

  it('of more things than are kept by name never say how many are still down', () => {
    const down = (name: number) => ({ direction: 'down' as const, down: 'LINK_DOWN', subject: `ge-0/0/${name}` });
    const all = Array.from({ length: 301 }, (_, name) => ({ at: NOW, pair: down(name) }));
    const text = shown(groupCard(groupOf(...all), context));
    assert.match(text, /^More than 300 things went down\. Look on the devices which are up again\.$/m);
    assert.doesNotMatch(text, /still down|Cleared/);
  });

  it('that are muted say until when, and offer to end it', () => {
    const group = { ...groupOf({}), muted: { by: 'Alex Wilber', until: NOW + 3_600_000 } };
    const card = groupCard(group, context);
    assert.match(shown(card), /^Muted by Alex Wilber until 11:00 GMT\.$/m);
    const verbs = ofType(card.content, 'Action.Execute').map(({ verb }) => verb);
    assert.ok(verbs.includes('unmute') && !verbs.includes('mute'));
    const later = groupCard(group, { ...context, now: NOW + 3_600_000 });
    assert.doesNotMatch(shown(later), /Muted by/);
  });

  it('are explained when the catalogue has them, and shown as they came when not', () => {
    const entry = {
      means: 'A line is down.',
      severity: 'error' as const,
      causes: ['A cable'],
      next: ['show interfaces terse'],
      ignore: 'At night.',
    };
    const text = shown(groupCard(groupOf({}), { ...context, explain: () => entry }));
    assert.match(text, /^A line is down\.$/m);
    assert.match(text, /Usual causes\nA cable\nWhat to look at\nshow interfaces terse\nWhen to ignore it\nAt night\./);
    assert.match(shown(event({ message: 'raw text' })), /No entry for SYSTEM_ABNORMAL_SHUTDOWN\.\nraw text/);
  });

  it('every button carries the id of its group and nothing else', () => {
    for (const priority of [1, 2] as const) {
      const { content } = event({ priority });
      const buttons = ofType(content, 'Action.Execute');
      assert.deepEqual(buttons.map(({ verb }) => verb).sort(), ['acknowledge', 'latest', 'mute']);
      for (const { data } of buttons) assert.deepEqual(data, { group: 'g1' });
    }
  });
});

describe('the words alone', () => {
  it('say what the card would have said, without control characters', () => {
    const words = { event: 'A\u202eB', hostname: 'fw\u000001', at: NOW };
    assert.equal(groupText(groupOf(words), context), 'Critical: AB on fw 01, 10:00 GMT');
    assert.match(groupText(groupOf(words, words), context), /, ×2\. All of them are stored\.$/);
  });
});

describe('a sparkline', () => {
  const cases: [counts: number[], line: string][] = [
    [[], ''],
    [[5], ''],
    [[0, 7, 1], '▁█▂'],
    [[1, 1], '██'],
  ];
  for (const [counts, line] of cases) it(`${counts}: ${line}`, () => assert.equal(sparkline(counts), line));
});

describe('lists', () => {
  it('help has an example for each task as a button, folded behind tabs when there are several', () => {
    const tasks = (from: number) =>
      [0, 1].map((n) => ({ title: `Task ${from + n}`, example: `say ${from + n} ${'x'.repeat(70)}` }));
    const first = { title: 'Devices', tasks: tasks(0) };
    const second = { title: 'Alerts', tasks: tasks(2) };
    const card = helpCard({
      tabs: [first, second],
      rights: 'You may view devices and events here, but not change anything.',
    });
    const tabs = ofType(card.content, 'Action.ShowCard');
    assert.deepEqual(
      tabs.map(({ title }) => title),
      ['Devices', 'Alerts'],
    );
    for (const [n, { tasks }] of [first, second].entries()) {
      const buttons = ofType(tabs[n], 'Action.Submit').map(({ data }) => data);
      assert.deepEqual(
        buttons,
        tasks.map(({ example }) => ({ say: example })),
      );
    }
    assert.match(shown(card), /Task 3/);
    assert.match(shown(card), /You may view devices and events here, but not change anything\./);

    const one = helpCard({ tabs: [first, { title: 'Alerts', tasks: [] }], rights: '' });
    assert.deepEqual(ofType(one.content, 'Action.ShowCard'), []);
    assert.equal(ofType(one.content, 'Action.Submit').length, 2);
  });

  it('of many devices some are named, whole, and the others counted', () => {
    const devices = Array.from({ length: 300 }, (_, n) => `branch-sw${n}`);
    const [, line = '', left = ''] =
      /^(branch-sw0, .*) and (\d+) more$/m.exec(shown(devicesCard([{ site: 'branch', devices }]))) ?? [];
    const first = line.split(', ');
    assert.deepEqual(first, devices.slice(0, first.length));
    assert.equal(first.length + Number(left), 300);
  });

  it('devices by site, with their number', () => {
    const text = shown(
      devicesCard([
        { site: 'hq', devices: ['hq-fw01', 'hq-fw02'] },
        { site: 'branch', devices: [] },
      ]),
    );
    assert.match(text, /^2 devices$/m);
    assert.match(text, /^hq \(2\)$\n^hq-fw01, hq-fw02$/m);
    assert.match(text, /^no devices$/m);
    assert.match(shown(devicesCard([])), /There is no device here that you may see/);
  });

  it('what is scheduled, with a button to cancel it', () => {
    const cancel = [{ title: 'Cancel the reboot of hq-fw01', say: 'cancel the reboot of hq-fw01' }];
    const card = rebootsCard({ lines: [{ device: 'hq-fw01', text: 'reboot at 10:30 GMT' }], left: 2, cancel });
    assert.match(shown(card), /hq-fw01\nreboot at 10:30 GMT/);
    assert.match(shown(card), /2 more devices were not asked\. Name one to ask it\./);
    assert.equal(ofType(card.content, 'Action.Submit')[0]?.title, 'Cancel the reboot of hq-fw01');
  });
});
