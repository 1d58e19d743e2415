const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/** `41 MB`, `3.1 GB`: how many bytes read for people, in steps of 1,000. */
export function bytesInWords(bytes: number): string {
  let [value, unit] = [Math.max(0, bytes), 0];
  for (; value >= 999.5 && unit < UNITS.length - 1; unit += 1) value /= 1_000;
  const digits = unit === 0 || value >= 9.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}
