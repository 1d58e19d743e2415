// Preloaded with `node --import` into a program that is not ours and would listen on every interface.
// A test client without authentication must be out of reach of other machines.
import { Server } from 'node:net';

const LOOPBACK = '127.0.0.1';
const listen = Server.prototype.listen;

Server.prototype.listen = function listenOnLoopback(...args) {
  const [first, ...rest] = args;
  if (typeof first === 'object' && first !== null) {
    // A pipe, a descriptor or a handle has no port and reaches nobody from outside.
    return listen.call(this, 'port' in first ? { ...first, host: LOOPBACK } : first, ...rest);
  }
  // Without a port (`listen()`, `listen(callback)`) the system picks one.
  if (first === undefined || typeof first === 'function') return listen.call(this, 0, LOOPBACK, ...args);
  // Any other word is the path of a pipe.
  if (!/^\d+$/.test(String(first))) return listen.apply(this, args);
  return listen.call(this, first, LOOPBACK, ...rest.filter((argument) => typeof argument !== 'string'));
};
