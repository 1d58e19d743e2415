// Preloaded with `node --import` into a child whose standard input is a pipe from its parent.
// The pipe closes however the parent ends, kill -9 included, so no child is left holding a port.
process.stdin.on('close', () => process.exit(0));
process.stdin.resume();
