import type { Intent, When } from '../../src/intent/intent.ts';

/** An intent in one line, for tables: everything that is not empty. Who asks for a device is `ask=device`. */
export function summaryOf(intent: Intent): string {
  const { devices, unresolved, when, process, mode, extensive, ask, unresolvedProcess } = intent;
  const names = unresolved.map(({ text, suggestions }) => `?${text}(${suggestions.join(' ')})`);
  return [
    intent.intent,
    ...devices,
    ...names,
    ...(when === null ? [] : [timeOf(when)]),
    ...(process === null ? [] : [`process=${process}`]),
    ...(mode === null ? [] : [mode]),
    ...(extensive ? ['extensive'] : []),
    ...(unresolvedProcess ? [`process?${unresolvedProcess.text}(${unresolvedProcess.suggestions.join(' ')})`] : []),
    ...(ask === null ? [] : [`ask=${ask}`]),
  ].join(' ');
}

function timeOf(when: When): string {
  switch (when.kind) {
    case 'now':
      return 'now';
    case 'in':
      return `in=${when.minutes}`;
    case 'at':
      return `at=${when.utc}`;
    case 'unclear':
      return `unclear="${when.text}"`;
  }
}
