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

/** Undefined for a locale that is none. */
function dateParts(locale: string): Intl.DateTimeFormatPart[] | undefined {
  try {
    return new Intl.DateTimeFormat(locale.replaceAll('_', '-')).formatToParts(0);
  } catch {
    return undefined;
  }
}

/** Whether clocks are written with 24 hours in that locale. */
export function is24Hours(locale: string): boolean {
  try {
    const format = new Intl.DateTimeFormat(locale.replaceAll('_', '-'), { hour: 'numeric' });
    return format.resolvedOptions().hourCycle === 'h23';
  } catch {
    return false;
  }
}
