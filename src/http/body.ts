import type { IncomingMessage } from 'node:http';

/** Read past the limit this far, so that the sender gets to hear the answer instead of a broken connection. */
const DRAIN_BYTES = 1_048_576;

export type Body = { bytes: Buffer } | { problem: 'too-large' | 'aborted' };

/** The exact bytes of a request's body, up to `limit`. */
export function readBody(request: IncomingMessage, limit: number): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const done = (body: Body) => {
      request.removeAllListeners('data');
      resolve(body);
    };
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else if (size > limit + DRAIN_BYTES) done({ problem: 'too-large' });
    });
    request.once('end', () => done(size > limit ? { problem: 'too-large' } : { bytes: Buffer.concat(chunks) }));
    request.once('error', () => done({ problem: 'aborted' }));
    request.once('close', () => done({ problem: 'aborted' }));
  });
}

/** JSON sent as such: with or without a charset, never compressed. */
export function isJson({ headers }: IncomingMessage): boolean {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  const encoding = headers['content-encoding']?.trim().toLowerCase();
  return type === 'application/json' && (encoding === undefined || encoding === 'identity');
}
