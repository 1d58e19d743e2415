import type { Activity, Attachment } from 'botbuilder';
import type { CardForm } from '../src/events/next-card.ts';
import type { DueEvent } from '../src/store/store.ts';
import { clock, type Reader } from '../src/time.ts';
import { cardMessage, cut, plainText, renderCard } from './card.ts';
import digest from './digest.json' with { type: 'json' };
import single from './event.json' with { type: 'json' };

export interface EventContext {
  /** Site of a device, or null when it is not in the inventory. */
  siteOf: (hostname: string) => string | null;
  now: number;
  reader: Reader;
}

/** Colour by priority, and the word that says the same. */
function look(priority: number) {
  return priority === 1 ? { style: 'attention', word: 'Critical' } : { style: 'warning', word: 'Warning' };
}

/** More rows, columns and groups than this are cut: the card is to be read at a glance. */
const MAX_ROWS = 8;
const MAX_COLUMNS = 5;
const MAX_GROUPS = 8;
/** With every character of every cell escaped, or three bytes long, the card still stays under Teams' 28 KB. */
const MAX_CELL = 80;

/** What is posted for these events, in the form the dispatcher decided. */
export function eventMessage(events: DueEvent[], form: CardForm, context: EventContext): Partial<Activity> {
  const [first] = events;
  if (form === 'plain' || !first) {
    // Plain: what a device calls itself must not become a link or a format here either.
    return { type: 'message', textFormat: 'plain', text: eventText(events, context) };
  }
  return cardMessage(form === 'digest' ? digestCard(events, context) : eventCard(first, context));
}

/** One event: priority 1 with its detail, priority 2 as a summary. */
export function eventCard(event: DueEvent, { siteOf, now, reader }: EventContext): Attachment {
  const isDetailed = event.priority === 1;
  const { rows, text } = isDetailed ? readDetail(event.detail) : { rows: [], text: null };
  const site = siteOf(event.hostname);
  const place = site === null ? 'Not in devices.yaml' : `Site ${site}`;
  return renderCard(single, {
    ...look(event.priority),
    event: event.event,
    device: event.hostname,
    time: clock(event.receivedAt, now, reader),
    message: messageOf(event),
    columns: columnWidths(rows),
    rows,
    detail: text,
    footer: event.process === '' ? place : `${place} · process ${event.process}`,
  });
}

/** Many events of one priority as one list, most frequent first. */
export function digestCard(events: DueEvent[], { now, reader }: EventContext): Attachment {
  const groups = new Map<string, { event: string; devices: Map<string, number>; count: number }>();
  for (const { event, hostname } of events) {
    const group = groups.get(event) ?? { event, devices: new Map<string, number>(), count: 0 };
    group.count += 1;
    group.devices.set(hostname, (group.devices.get(hostname) ?? 0) + 1);
    groups.set(event, group);
  }
  const sorted = [...groups.values()].sort((a, b) => b.count - a.count);
  const hidden = sorted.slice(MAX_GROUPS);
  const [first, last] = [events[0], events.at(-1)];
  const devices = new Set(events.map((event) => event.hostname)).size;
  return renderCard(digest, {
    ...look(first?.priority ?? 1),
    headline: `${events.length} events from ${devices} ${devices === 1 ? 'device' : 'devices'}`,
    groups: sorted.slice(0, MAX_GROUPS).map(({ count, event, devices }) => ({
      times: count,
      event: cut(event, MAX_CELL),
      devices: cut(topDevices(devices), 2 * MAX_CELL),
    })),
    rest:
      hidden.length === 0
        ? null
        : `${hidden.length} more kinds, ${hidden.reduce((sum, group) => sum + group.count, 0)} events. All of them are stored.`,
    latest: last ? `${last.event} on ${last.hostname}. ${messageOf(last)}`.slice(0, 400) : '',
    footer:
      first && last ? `First ${clock(first.receivedAt, now, reader)}, last ${clock(last.receivedAt, now, reader)}` : '',
  });
}

/** The words alone, for what Teams would not take as a card. */
export function eventText(events: DueEvent[], { now, reader }: EventContext): string {
  const [first] = events;
  if (!first) return '';
  const head = plainText(
    `${look(first.priority).word}: ${first.event} on ${first.hostname}, ${clock(first.receivedAt, now, reader)}`,
  );
  return events.length === 1 ? head : `${head}, and ${events.length - 1} more events. All of them are stored.`;
}

/** The message, without the event id that Junos writes in front of it: the card says it already. */
function messageOf({ event, message }: DueEvent): string {
  const prefix = `${event}: `;
  const text = message.startsWith(prefix) ? message.slice(prefix.length) : message;
  return text.trim() === '' ? 'No message came with it.' : text;
}

function topDevices(devices: Map<string, number>): string {
  const sorted = [...devices].sort((a, b) => b[1] - a[1]);
  const named = sorted.slice(0, 3).map(([name, count]) => (count === 1 ? name : `${name} (${count})`));
  return sorted.length > 3 ? `${named.join(', ')} and ${sorted.length - 3} more devices` : named.join(', ');
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

/** Shares of the width by the longest text, within reason: on a phone a command needs more room than a pid. */
function columnWidths(rows: Rows): { width: number }[] {
  return (rows[0]?.cells ?? []).map((_, column) => {
    const longest = Math.max(...rows.map(({ cells }) => cells[column]?.text.length ?? 0));
    return { width: Math.min(20, Math.max(5, longest + 1)) };
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function cell(value: unknown): string {
  return cut(words(value), MAX_CELL);
}

/** A value as a person would write it down: a list with commas, fields with their names. */
function words(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(words).join(', ');
  if (!isRecord(value)) return String(value);
  return Object.entries(value)
    .map(([key, field]) => `${key}: ${words(field)}`)
    .join(', ');
}
