import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { requireProgram } from '../fakes/requires.ts';

const python = requireProgram(['python3'], 'python3');
const skip = 'skip' in python ? python.skip : false;

/**
 * Gives a program a terminal of its own, writes each of its arguments there in one piece, and when the prompt has come;
 * what the program says goes to stdout.
 */
const TERMINAL = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:4])
shown = b''
while b'secret: ' not in shown:
    shown += os.read(fd, 1024)
for piece in sys.argv[4:]:
    os.write(fd, bytes.fromhex(piece))
    while b'took ' + piece.encode() not in shown:
        shown += os.read(fd, 1024)
try:
    while True:
        shown += os.read(fd, 1024)
except OSError:
    pass
sys.stdout.buffer.write(shown)
`;

/** Says which pieces have come, so that the next is not joined to them; then what was typed. */
const PROGRAM = `
import { hiddenInput } from ${JSON.stringify(new URL('../../src/cli/hidden-input.ts', import.meta.url).href)};
process.stdin.prependListener('data', (chunk) => console.log('took ' + Buffer.from(chunk).toString('hex')));
await hiddenInput('secret: ').then((typed) => console.log(JSON.stringify({ typed })), ({ code }) => console.log(JSON.stringify({ code })));
process.exit();
`;

/** What comes of these pieces, each as the terminal would send it for a key. */
async function typing(...pieces: string[]): Promise<object> {
  const hex = pieces.map((piece) => Buffer.from(piece).toString('hex'));
  const args = ['-c', TERMINAL, process.execPath, '--input-type=module', `--eval=${PROGRAM}`, ...hex];
  const child = spawn('python3', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const shown = (await child.stdout.setEncoding('utf8').toArray()).join('');
  const said = /^\{.*\}\r?$/m.exec(shown)?.[0];
  assert.ok(said, shown);
  return JSON.parse(said);
}

describe('a secret that is typed at a terminal', { skip, concurrency: 2 }, () => {
  const cases: [what: string, pieces: string[], outcome: object][] = [
    [
      'arrows, Home, End and Delete',
      ['a', '\x1b[A', '\x1b[D', '\x1bOA', '\x1b[H', '\x1bOF', '\x1b[3~', 'b', '\r'],
      { typed: 'ab' },
    ],
    [
      'function keys and modifiers',
      ['a', '\x1bOP', '\x1b[15~', '\x1b[[A', '\x1b[1;10D', '\x1bx', 'b', '\r'],
      { typed: 'ab' },
    ],
    [
      'a mouse, and what a terminal answers',
      ['a\x1b[<0;33;44M\x1b]11;rgb:0/0/0\x07\x1b[?1;2c\x1b]4;x\x1b\\b\r'],
      { typed: 'ab' },
    ],
    ['a paste in brackets', ['\x1b[200~pa[O]st\x1b[201~\r'], { typed: 'pa[O]st' }],
    [
      'sequences that come in two pieces',
      ['a', '\x1b[1;', '5C', 'b', '\x1b]0;t', 'itle\x07', 'c', '\r'],
      { typed: 'abc' },
    ],
    ['Escape, and then the password', ['\x1b', 'Ox[y', '\r'], { typed: 'Ox[y' }],
    ['Backspace, also on what is no ASCII', ['aé😀x', '\x7f\x7f', '\b', '\x7f\x7f\x7f', 'z', '\r'], { typed: 'z' }],
    ['Ctrl-U, and other control keys', ['wrong', '\x15', '\x01\x0b\x17\t', 'right', '\n'], { typed: 'right' }],
    ['Ctrl-D', ['abc', '\x04'], { typed: 'abc' }],
    ['Ctrl-C', ['abc', '\x03'], { code: 'cancelled' }],
  ];
  for (const [what, pieces, outcome] of cases) {
    it(what, async () => assert.deepEqual(await typing(...pieces), outcome));
  }
});
