/** How instants read for people. Inside the program they are UTC epoch milliseconds. */

export interface Reader {
  /** IANA zone. */
  zone: string;
  /** BCP 47 tag; it decides the zone's abbreviation (GMT, CET). */
  locale: string;
}

/** True for a zone name this system knows. */
export function isTimeZone(zone: string): boolean {
  try {
    formatter('en-GB', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Making a formatter takes a hundred times as long as using it, and a card shows many times. */
const formatters = new Map<string, Intl.DateTimeFormat>();
const MOST_FORMATTERS = 500;

function formatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(options)}`;
  const made = formatters.get(key) ?? new Intl.DateTimeFormat(locale, options);
  if (formatters.size >= MOST_FORMATTERS) formatters.clear();
  formatters.set(key, made);
  return made;
}

/** `Tue 24 Nov, 02:00 GMT`, without the date when it is today for the reader. */
export function clock(at: number, now: number, { zone, locale }: Reader): string {
  const part = (options: Intl.DateTimeFormatOptions, instant = at) =>
    formatter('en-GB', { timeZone: zone, ...options }).format(instant);
  const time = part({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const day = (instant: number) => part({ weekday: 'short', day: 'numeric', month: 'short' }, instant);
  const names = formatter(locale, { timeZone: zone, timeZoneName: 'short' }).formatToParts(at);
  const abbreviation = names.find(({ type }) => type === 'timeZoneName')?.value ?? zone;
  const date = day(at) === day(now) ? '' : `${day(at).replace(',', '')}, `;
  return `${date}${time} ${abbreviation}`;
}

/** True when clocks in the zone show UTC's time at that instant, as London's do in winter. */
export function readsAsUtc(at: number, zone: string): boolean {
  const wall = (timeZone: string) =>
    formatter('en-GB', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(at);
  return wall(zone) === wall('UTC');
}

/** `41 days`, `5 min 48 s`, `16 h`: the one or two units that matter, rounded: 29 min 59 s is `30 min`. */
export function duration(ms: number): string {
  const exact = Math.max(0, Math.round(ms / 1_000));
  const unit = exact < 600 ? 1 : exact < 86_400 ? 60 : 3_600;
  const seconds = Math.round(exact / unit) * unit;
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const two = (first: string, rest: number, unit: string) => (rest === 0 ? first : `${first} ${rest} ${unit}`);
  if (seconds < 60) return `${seconds} s`;
  if (hours === 0) return two(`${minutes} min`, minutes < 10 ? seconds % 60 : 0, 's');
  if (days === 0) return two(`${hours} h`, minutes % 60, 'min');
  return days < 10 ? two(`${days} ${days === 1 ? 'day' : 'days'}`, hours % 24, 'h') : `${days} days`;
}
