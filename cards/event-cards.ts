import type { Activity, Attachment } from 'botbuilder';
import { askForLogs } from '../src/actions/next.ts';
import type { Entry } from '../src/catalogue/catalogue.ts';
import type { Group, LatestEvent } from '../src/events/group.ts';
import { isFlapping } from '../src/events/grouping.ts';
import { clock, duration, type Reader } from '../src/time.ts';
import { cardMessage, cut, fitted, plainText, renderCard } from './card.ts';
import critical from './event.json' with { type: 'json' };
import warning from './event-short.json' with { type: 'json' };

export interface EventContext {
  /** The device of that host name; null when it is not in the inventory. */
  deviceOf: (hostname: string) => { name: string; site: string } | null;
  /** What the catalogue says of an event id; null when it has no entry. */
  explain: (event: string) => Entry | null;
  now: number;
  reader: Reader;
}

/** More rows, columns and names than this are cut: the card is to be read at a glance. */
const MAX_ROWS = 8;
const MAX_COLUMNS = 5;
const MAX_KINDS = 6;
const MOST_DEVICES = 3;
const MAX_CELL = 80;
const LONGEST_MESSAGE = 1_500;
const LONGEST_SHORT = 300;
/** Characters beside each other in a table on a phone. */
const WIDEST_TABLE = 36;
/** What is nested deeper is for a program to read. */
const DEEPEST = 5;
/** Fewer than this are no line to look at. */
const FEWEST_ON_A_LINE = 5;

/** Colour, and the word that says the same. */
function look(group: Group): { style: string; word: string } {
  if (isFlapping(group)) return { style: group.priority === 1 ? 'attention' : 'warning', word: 'Flapping' };
  if (group.clearedAt !== null) return { style: 'good', word: 'Cleared' };
  return group.priority === 1 ? { style: 'attention', word: 'Critical' } : { style: 'warning', word: 'Warning' };
}

/** The message that shows a group: its card, or words alone for what Teams would not take as a card. */
export function groupMessage(group: Group, context: EventContext): Partial<Activity> {
  if (group.notice !== null) return { type: 'message', textFormat: 'plain', text: plainText(group.notice) };
  // Plain: what a device calls itself must not become a link or a format here either.
  if (group.isPlain) return { type: 'message', textFormat: 'plain', text: groupText(group, context) };
  return cardMessage(groupCard(group, context));
}

/** The words alone. */
export function groupText(group: Group, { now, reader }: EventContext): string {
  const first = clock(group.firstAt, now, reader);
  const head = `${look(group).word}: ${nameOf(group)} on ${devicesOf(group)}, ${first}`;
  const count = group.count === 1 ? '' : `, ×${group.count}. All of them are stored.`;
  return plainText(`${head}${count}`);
}

/** A group of events: critical ones with everything at hand, others as a few lines with the rest folded. */
export function groupCard(group: Group, context: EventContext): Attachment {
  const { now, reader, explain } = context;
  const isCritical = group.priority === 1;
  const { latest } = group;
  const entry = group.event === null ? null : explain(group.event);
  const { rows, text } = isCritical && latest ? readDetail(latest.detail) : { rows: [], text: null };
  const { style, word } = look(group);
  const name = nameOf(group);
  return fitted((share) => {
    const longest = Math.floor((isCritical ? LONGEST_MESSAGE : LONGEST_SHORT) * share);
    return renderCard(isCritical ? critical : warning, {
      group: group.id,
      style,
      word,
      speak: cut(`${word}: ${name} on ${devicesOf(group)}`, 300),
      title: cut(name, 200),
      // An id is one word: where it does not fit, it breaks anywhere.
      titleSize: name.length > 22 ? 'Default' : name.length > 18 ? 'Medium' : 'Large',
      place: cut(placeOf(group, context), 300),
      means: entry?.means ?? null,
      message: latest && share > 0.05 ? cut(messageOf(latest, group), longest) : null,
      isMany: group.count > 1,
      kinds: group.event === null ? kindLines(group) : [],
      states: stateLines(group, context).map((line) => ({ text: line })),
      counts: countsLine(group, now, reader),
      ...tableOf(
        rows.map(({ cells }) => ({ cells: cells.map((each) => ({ text: cut(each.text, MAX_CELL * share) })) })),
      ),
      detail: text === null ? null : cut(text, 1_500 * share),
      canAcknowledge: group.acknowledged === null && group.clearedAt === null,
      isMuted: group.muted !== null && group.muted.until > now,
      mute: muteChoices(group, reader),
      muteNote:
        group.event === null
          ? 'While too much comes at once, other kinds are kept quiet as well, also critical ones.'
          : 'Another critical kind of event is shown all the same.',
      explain: explanation(group, entry),
      logs: logsButton(group, context),
    });
  });
}

/** What a group is called on its card. */
export function nameOf(group: Group): string {
  // As the device writes it; the key is in capitals.
  if (group.event !== null) return group.title ?? group.latest?.event ?? group.event;
  const kinds = group.kinds.size + group.moreKinds;
  return `${group.count} events of ${kinds} ${kinds === 1 ? 'kind' : 'kinds'}`;
}

function placeOf(group: Group, { deviceOf }: EventContext): string {
  const sites = [...new Set([...group.devices.keys()].map((name) => deviceOf(name)?.site ?? null))];
  const [site = null] = sites;
  const where = sites.length > 1 ? `${sites.length} sites` : site === null ? 'not in devices.yaml' : `site ${site}`;
  const [only] = group.devices.keys();
  return group.devices.size === 1 ? `${only} · ${where}` : `${where} · ${deviceCount(group)} devices`;
}

/** Events of devices beyond those that are kept by name are counted, not their devices. */
const deviceCount = ({ devices, moreDevices }: Group) => `${devices.size}${moreDevices > 0 ? '+' : ''}`;

function devicesOf(group: Group): string {
  const names = [...group.devices.keys()];
  return names.length === 1 ? (names[0] ?? '') : `${deviceCount(group)} devices`;
}

/** `×212 in 4 min · most: hq-sw01 (61), hq-sw02 (55) · ▁▁█▃`, or when the only one happened. */
function countsLine(group: Group, now: number, reader: Reader): string {
  const first = clock(group.firstAt, now, reader);
  if (group.count === 1) return group.latest?.process ? `${first} · process ${group.latest.process}` : first;
  const parts = [`×${group.count}`, `first ${first}, last ${clock(group.lastAt, now, reader)}`];
  if (group.devices.size > 1) {
    const sorted = [...group.devices].sort((a, b) => b[1] - a[1]).slice(0, MOST_DEVICES);
    parts.push(`most: ${sorted.map(([name, count]) => `${cut(name, 60)} (${count})`).join(', ')}`);
  }
  const line = group.count < FEWEST_ON_A_LINE ? '' : sparkline(group.timeline.counts);
  if (line !== '') parts.push(`${line} (${duration(group.timeline.widthMs)} each)`);
  return parts.join(' · ');
}

const BARS = '▁▂▃▄▅▆▇█';

/** Counts as bars; nothing for a single slice. */
export function sparkline(counts: readonly number[]): string {
  if (counts.length < 2) return '';
  const most = Math.max(...counts);
  return counts.map((count) => BARS[count === 0 ? 0 : Math.max(1, Math.round((count / most) * 7))]).join('');
}

function stateLines(group: Group, { now, reader }: EventContext): string[] {
  const { clearedAt, acknowledged, muted, falls, down, moreDown, lost } = group;
  const lines: string[] = [];
  if (isFlapping(group)) {
    const most = Math.max(...falls.values());
    const state = clearedAt === null ? 'Down at the moment' : `Up since ${clock(clearedAt, now, reader)}`;
    lines.push(`Went down ${most} times. ${state}.`);
  } else if (clearedAt !== null) lines.push(`Cleared ${clock(clearedAt, now, reader)}.`);
  else if (moreDown > 0)
    lines.push(`More than ${falls.size} things went down. Look on the devices which are up again.`);
  else if (falls.size > 1 && down.size < falls.size)
    lines.push(`${down.size} of ${falls.size} still down: ${downList(group)}.`);
  if (lost > 0)
    lines.push(`Before these, ${lost === 1 ? 'one event was' : `${lost} events were`} lost: no room on the device.`);
  if (acknowledged) lines.push(`${acknowledged.by} has it, ${clock(acknowledged.at, now, reader)}.`);
  if (muted && muted.until > now) lines.push(`Muted by ${muted.by} until ${clock(muted.until, now, reader)}.`);
  return lines.map((line) => cut(line, 300));
}

/** What is down by name: the device, and what of it. */
function downList({ down, event }: Group): string {
  const named = [...down].slice(0, MOST_DEVICES).map((each) => cut(event === null ? each : without(each, event), 80));
  return [...named, ...(down.size > named.length ? [`${down.size - named.length} more`] : [])].join(', ');
}

/** `hq-fw01 SNMP_TRAP_LINK_DOWN ge-0/0/1` without the id, which the card says already. */
const without = (subject: string, event: string) => subject.replace(` ${event}`, '');

function kindLines(group: Group): { text: string }[] {
  const sorted = [...group.kinds].sort((a, b) => b[1] - a[1]);
  const lines = sorted.slice(0, MAX_KINDS).map(([event, count]) => ({ text: `×${count} ${cut(event, MAX_CELL)}` }));
  const rest = sorted.slice(MAX_KINDS).reduce((sum, [, count]) => sum + count, 0) + group.moreKinds;
  return rest === 0 ? lines : [...lines, { text: `×${rest} of other kinds. All of them are stored.` }];
}

/** Collects the logs of the group's only device; no button for several, or for one that nobody can ask. */
function logsButton({ devices }: Group, { deviceOf }: EventContext): { say: string }[] {
  const [only] = devices.keys();
  const device = devices.size === 1 && only !== undefined ? deviceOf(only) : null;
  return device === null ? [] : [{ say: askForLogs(device.name) }];
}

/** What can be muted from a card: its group, and its device when there is only one. */
function muteChoices(group: Group, { zone }: Reader) {
  const [only] = group.devices.keys();
  const own = { title: `These: ${cut(nameOf(group), 60)}`, value: 'group' };
  const device = { title: `Everything of ${cut(only ?? '', 60)}`, value: 'device' };
  return { scope: 'group', zone, scopes: group.devices.size === 1 ? [own, device] : [own] };
}

function explanation(group: Group, entry: Entry | null) {
  const line = (text: string, isHead = false, isCommand = false) => ({
    text,
    weight: isHead ? 'Bolder' : 'Default',
    spacing: isHead ? 'Small' : 'None',
    font: isCommand ? 'Monospace' : 'Default',
  });
  if (entry === null) {
    if (group.event === null) return [];
    const raw = group.latest?.message.trim() ?? '';
    return [line(`No entry for ${cut(group.event, 100)}.`, true), ...(raw === '' ? [] : [line(cut(raw, 600))])];
  }
  return [
    line('Usual causes', true),
    ...entry.causes.map((cause) => line(cause)),
    line('What to look at', true),
    ...entry.next.map((command) => line(command, false, true)),
    ...(entry.ignore === undefined ? [] : [line('When to ignore it', true), line(entry.ignore)]),
  ];
}

/** The message, without the event id that Junos writes in front of it: the card says it already. */
function messageOf({ event, message, hostname }: LatestEvent, group: Group): string {
  const prefix = `${event}: `;
  const text = message.startsWith(prefix) ? message.slice(prefix.length) : message;
  const said = text.trim() === '' ? 'No message came with it.' : text;
  const kind = group.event === null ? `${event} ` : '';
  return group.devices.size > 1 ? `${kind}on ${hostname}: ${said}` : `${kind === '' ? '' : `${kind.trim()}: `}${said}`;
}
type Rows = { cells: { text: string }[] }[];

/** The detail an agent sent: rows of fields as a table, anything else as text. */
function readDetail(json: string): { rows: Rows; text: string | null } {
  const detail: unknown = JSON.parse(json);
  if (detail === null || detail === '') return { rows: [], text: null };
  if (typeof detail === 'string') return { rows: [], text: detail };
  if (Array.isArray(detail) && detail.length > 0 && detail.every(isRecord)) {
    const columns = [...new Set(detail.flatMap((row) => Object.keys(row)))].slice(0, MAX_COLUMNS);
    const body = detail
      .slice(0, MAX_ROWS)
      .map((row) => ({ cells: columns.map((column) => ({ text: cell(row[column]) })) }));
    return { rows: [{ cells: columns.map((column) => ({ text: column.slice(0, 40) })) }, ...body], text: null };
  }
  if (isRecord(detail)) {
    const lines = Object.entries(detail).map(([key, value]) => `${key}: ${cell(value)}`);
    return { rows: [], text: lines.join('\n') || null };
  }
  return { rows: [], text: cell(detail) };
}

/**
 * Rows as a table, whose columns have shares of the width by their longest text; where that is more than a phone has
 * room for, each row is a block with a line for each field.
 */
function tableOf([head, ...rows]: Rows) {
  const none = { columns: [], rows: [], blocks: [] };
  if (!head) return none;
  const columns = head.cells.map((_, column) => {
    const longest = Math.max(...[head, ...rows].map(({ cells }) => cells[column]?.text.length ?? 0));
    return { width: Math.max(5, longest + 1) };
  });
  const width = columns.reduce((sum, column) => sum + column.width, 0);
  if (width <= WIDEST_TABLE) return { ...none, columns, rows: [head, ...rows] };
  const fields = (row: Rows[number]) =>
    row.cells.flatMap(({ text }, n) => (text === '' ? [] : [{ text: `${head.cells[n]?.text}: ${text}` }]));
  return { ...none, blocks: rows.map(fields).flatMap((lines) => (lines.length === 0 ? [] : [{ lines }])) };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function cell(value: unknown): string {
  return cut(words(value), MAX_CELL);
}

/** A value as a person would write it down: a list with commas, fields with their names. */
function words(value: unknown, depth = 0): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return String(value);
  if (depth === DEEPEST) return '…';
  if (Array.isArray(value)) return value.map((each) => words(each, depth + 1)).join(', ');
  return Object.entries(value)
    .map(([key, field]) => `${key}: ${words(field, depth + 1)}`)
    .join(', ');
}
