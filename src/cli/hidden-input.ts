import { text } from 'node:stream/consumers';
import { AssistantError } from '../errors.ts';

const ENTER = /[\r\n]/;
const INTERRUPT = '\u0003';
const END = '\u0004';
const KILL = '\u0015';
const BACKSPACE = /[\b\u007f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is left out.
const CONTROL = /[\u0000-\u001f\u0080-\u009f]/;

/**
 * What a terminal sends for keys without a character, and as an answer (ECMA-48): OSC and DCS with their text, CSI with
 * its parameters, the Linux console's function keys, SS3, and Alt with a key.
 */
const SEQUENCE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ESC begins each of them.
  /\u001b(?:[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)|\[\[[A-E]|\[[0-?]*[ -/]*[@-~]|O[\s\S]|[^[\]PX^_O])/gu;
/** The beginning of one. A single ESC is the key of that name. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const UNFINISHED = /\u001b(?:[\]PX^_][^\u0007\u001b]*\u001b?|\[\[?[0-?]*[ -/]*|O)$/u;

/**
 * A secret from whoever runs a command: from a terminal without an echo, else all of stdin, without its last line end.
 * Keys without a character do nothing; Backspace, Ctrl-U, Ctrl-C and Ctrl-D do what they do elsewhere. Throws `cancelled`
 * after Ctrl-C, and when the terminal goes away.
 */
export async function hiddenInput(prompt: string, input: NodeJS.ReadStream = process.stdin): Promise<string> {
  if (!input.isTTY) return (await text(input)).replace(/\r?\n$/, '');
  // What is typed at once is not to be seen either.
  input.setRawMode(true);
  process.stderr.write(prompt);
  input.setEncoding('utf8').resume();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let typed: string[] = [];
  let begun = '';
  const cancel = () => reject(new AssistantError('cancelled', 'Cancelled. Nothing was changed.'));
  const take = (chunk: string) => {
    const whole = (begun + chunk).replace(SEQUENCE, '');
    begun = UNFINISHED.exec(whole)?.[0] ?? '';
    for (const key of whole.slice(0, whole.length - begun.length)) {
      if (ENTER.test(key) || key === END) return resolve(typed.join(''));
      if (key === INTERRUPT) return cancel();
      if (key === KILL) typed = [];
      else if (BACKSPACE.test(key)) typed.pop();
      else if (!CONTROL.test(key)) typed.push(key);
    }
  };
  input.on('data', take).on('end', cancel);
  try {
    return await promise;
  } finally {
    input.off('data', take).off('end', cancel);
    input.setRawMode(false);
    input.pause();
    process.stderr.write('\n');
  }
}
