import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** What a request is answered: rows changed, an error with SQL Server's number, nothing at all, or a closed connection. */
export type TdsAnswer = { changed: number } | { error: number } | 'silence' | 'hang-up';

const TYPE = { batch: 0x01, rpc: 0x03, response: 0x04, transaction: 0x0e, login: 0x10, prelogin: 0x12 };
const [BEGIN, COMMIT, ROLLBACK] = [5, 7, 8];

/**
 * The protocol of SQL Server (MS-TDS), as much of it as the driver needs to log in and to send: no SQL is understood, it
 * is recorded, and answered as the test says. What the driver makes of errors and of lost connections is its own.
 */
export class TdsServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Requests in order: their text with the values in it, or BEGIN, COMMIT, ROLLBACK. */
  readonly said: string[] = [];
  /** Connections that logged in. */
  logins = 0;
  answer: (said: string) => TdsAnswer = () => ({ changed: 1 });

  constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    let bytes = Buffer.alloc(0);
    let message = Buffer.alloc(0);
    socket.on('data', (data) => {
      bytes = Buffer.concat([bytes, data]);
      while (bytes.length >= 8 && bytes.length >= bytes.readUInt16BE(2)) {
        const length = bytes.readUInt16BE(2);
        const [type = 0, status = 0] = bytes;
        message = Buffer.concat([message, bytes.subarray(8, length)]);
        bytes = bytes.subarray(length);
        if ((status & 1) === 0) continue;
        const whole = message;
        message = Buffer.alloc(0);
        this.#take(socket, type, whole);
      }
    });
  }

  #take(socket: Socket, type: number, message: Buffer): void {
    // Texts are UTF-16; without its zero bytes ASCII reads as it is.
    const said = () => Buffer.from(message.filter((byte) => byte !== 0)).toString('latin1');
    if (type === TYPE.prelogin) send(socket, prelogin());
    else if (type === TYPE.login) {
      this.logins += 1;
      send(socket, Buffer.concat([loginAck(), done(0xfd, 0)]));
    } else if (type === TYPE.transaction) {
      const kind = message.readUInt16LE(message.readUInt32LE(0));
      const name = kind === BEGIN ? 'BEGIN' : kind === COMMIT ? 'COMMIT' : 'ROLLBACK';
      this.#reply(socket, name, () => transactionChange(kind));
    } else if (type !== TYPE.rpc && type !== TYPE.batch) send(socket, done(0xfd, 0x20));
    // What the driver sets when it has logged in.
    else if (type === TYPE.batch && /^.{0,20}set /is.test(said())) send(socket, done(0xfd, 0));
    else this.#reply(socket, said(), (changed) => done(0xff, 0x10, changed));
  }

  #reply(socket: Socket, said: string, good: (changed: number) => Buffer): void {
    this.said.push(said);
    const answer = this.answer(said);
    if (answer === 'silence') return;
    if (answer === 'hang-up') socket.destroy();
    else if ('error' in answer) send(socket, Buffer.concat([error(answer.error), done(0xfd, 0x02)]));
    else send(socket, Buffer.concat([good(answer.changed), done(0xfd, 0)]));
  }
}

function send(socket: Socket, tokens: Buffer): void {
  const header = Buffer.alloc(8);
  header.set([TYPE.response, 1]);
  header.writeUInt16BE(tokens.length + 8, 2);
  header.writeUInt8(1, 6);
  socket.write(Buffer.concat([header, tokens]));
}

/** Version, and "encryption is not supported". */
const prelogin = () => Buffer.from([0x00, 0, 11, 0, 6, 0x01, 0, 17, 0, 1, 0xff, 14, 0, 0, 0, 0, 0, 0x02]);

function loginAck(): Buffer {
  const name = Buffer.from('test', 'utf16le');
  const body = Buffer.concat([Buffer.from([1, 0x74, 0, 0, 4, 4]), name, Buffer.from([14, 0, 0, 0])]);
  return withLength(0xad, body);
}

const done = (token: number, status: number, count = 0) => {
  const made = Buffer.alloc(13);
  made.writeUInt8(token, 0);
  made.writeUInt16LE(token === 0xff ? status | 1 : status, 1);
  made.writeBigUInt64LE(BigInt(count), 5);
  return made;
};

const transactionChange = (kind: number) =>
  withLength(
    0xe3,
    kind === BEGIN
      ? Buffer.from([8, 8, 1, 0, 0, 0, 0, 0, 0, 0, 0])
      : Buffer.from([kind === COMMIT ? 9 : kind === ROLLBACK ? 10 : 0, 0, 8, 1, 0, 0, 0, 0, 0, 0, 0]),
  );

function error(number: number): Buffer {
  const text = Buffer.from('refused', 'utf16le');
  const body = Buffer.alloc(8);
  body.writeInt32LE(number, 0);
  body.set([1, 13], 4);
  body.writeUInt16LE(text.length / 2, 6);
  return withLength(0xaa, Buffer.concat([body, text, Buffer.from([0, 0, 1, 0, 0, 0])]));
}

function withLength(token: number, body: Buffer): Buffer {
  const head = Buffer.alloc(3);
  head.writeUInt8(token, 0);
  head.writeUInt16LE(body.length, 1);
  return Buffer.concat([head, body]);
}
