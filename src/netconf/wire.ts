import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What SSH runs over: a TCP connection, or a channel through a jump host. */
export interface Wire {
  stream: Duplex;
  /** Resolves when it is closed, from whichever side. */
  closed: Promise<void>;
  /** True once the other side has said anything at all. */
  hasSpoken(): boolean;
  /** Frees it, and what it runs through, at once. */
  destroy(): void;
}

export function wireOf(stream: Socket): Wire {
  return {
    stream,
    closed: new Promise((resolve) => stream.once('close', () => resolve())),
    hasSpoken: () => stream.bytesRead > 0,
    destroy: () => stream.destroy(),
  };
}
