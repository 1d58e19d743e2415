import { text } from 'node:stream/consumers';
import { AssistantError } from '../errors.ts';

const ENTER = /[\r\n]/;
const INTERRUPT = '\u0003';
const END = '\u0004';
const BACKSPACE = /[\b\u007f]/;

/**
 * A secret from whoever runs a command: from a terminal without an echo, else all of stdin, without its last line end.
 * Throws `cancelled` after Ctrl-C.
 */
export async function hiddenInput(prompt: string, input: NodeJS.ReadStream = process.stdin): Promise<string> {
  if (!input.isTTY) return (await text(input)).replace(/\r?\n$/, '');
  process.stderr.write(prompt);
  input.setRawMode(true);
  input.setEncoding('utf8').resume();
  try {
    return await new Promise<string>((resolve, reject) => {
      let typed = '';
      const take = (chunk: string) => {
        for (const key of chunk) {
          if (ENTER.test(key) || key === END) {
            input.off('data', take);
            resolve(typed);
            return;
          }
          if (key === INTERRUPT) {
            input.off('data', take);
            reject(new AssistantError('cancelled', 'Cancelled. Nothing was changed.'));
            return;
          }
          if (BACKSPACE.test(key)) typed = [...typed].slice(0, -1).join('');
          else if (key >= ' ') typed += key;
        }
      };
      input.on('data', take);
    });
  } finally {
    input.setRawMode(false);
    input.pause();
    process.stderr.write('\n');
  }
}
