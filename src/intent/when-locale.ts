/** How dates and clocks are written where a person is. A locale that is none makes nothing certain. */

/** 3/12 is 12 March in the United States and 3 December in most countries; where people write both, it is either. */
export function culturesOf(locale: string): string[] {
  const order = dateOrder(locale);
  if (order === 'month day year') return ['en-us'];
  return order === 'day month year' ? ['en-gb'] : ['en-us', 'en-gb'];
}

function dateOrder(locale: string): string | undefined {
  const parts = dateParts(locale)?.filter(({ type }) => type !== 'literal');
  return parts?.map(({ type }) => type).join(' ');
}

/** Whether dates are written 3.12. in that locale. */
export function isDotted(locale: string): boolean {
  return dateParts(locale)?.some(({ type, value }) => type === 'literal' && value.startsWith('.')) ?? false;
}

interface Habits {
  parts: Intl.DateTimeFormatPart[];
  is24Hours: boolean;
}

/** Asking the system takes longer than reading the rest of a sentence, and few locales are ever asked for. */
const known = new Map<string, Habits | undefined>();
const MOST_KNOWN = 100;

/** Undefined for a locale that is none. */
function habitsOf(locale: string): Habits | undefined {
  if (known.has(locale)) return known.get(locale);
  if (known.size >= MOST_KNOWN) known.clear();
  const habits = askSystem(locale.replaceAll('_', '-'));
  known.set(locale, habits);
  return habits;
}

function askSystem(locale: string): Habits | undefined {
  try {
    const clock = new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions();
    return { parts: new Intl.DateTimeFormat(locale).formatToParts(0), is24Hours: clock.hourCycle === 'h23' };
  } catch {
    return undefined;
  }
}

const dateParts = (locale: string) => habitsOf(locale)?.parts;

/** Whether clocks are written with 24 hours in that locale. */
export const is24Hours = (locale: string) => habitsOf(locale)?.is24Hours ?? false;
