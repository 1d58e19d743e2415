/** Longest path that a plain ustar header holds. */
const MAX_NAME = 100;
const BLOCK = 512;

/** A POSIX ustar archive (IEEE 1003.1, pax): one header of 512 bytes per file, data padded to 512, two empty blocks. */
export function tar(files: { path: string; data: Buffer; modifiedAt: Date }[]): Buffer {
  const parts = files.flatMap(({ path, data, modifiedAt }) => [
    header(path.replace(/^\/+/, ''), data.length, modifiedAt),
    data,
    Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(name: string, size: number, modifiedAt: Date): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  block.write(name.slice(0, MAX_NAME), 0);
  block.write(octal(0o644, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(Math.floor(modifiedAt.getTime() / 1000), 11), 136);
  // The checksum counts its own field as spaces.
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  block.write('root', 265);
  block.write('wheel', 297);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
