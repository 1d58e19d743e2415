import assert from 'node:assert/strict';
import { inflateSync } from 'node:zlib';

/** The pixels of a PNG of 8 bits a channel, RGB or RGBA, not interlaced; each is [red, green, blue, alpha]. */
export function readPng(png: Buffer): { width: number; height: number; pixels: number[][] } {
  assert.equal(png.toString('latin1', 1, 4), 'PNG');
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const data = png.subarray(at + 8, at + 8 + png.readUInt32BE(at));
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), data });
  }
  const head = chunks[0]?.data ?? assert.fail('no header');
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const channels = { 2: 3, 6: 4 }[head.readUInt8(9)] ?? assert.fail(`colour type ${head.readUInt8(9)}`);
  assert.deepEqual([head.readUInt8(8), head.readUInt8(12)], [8, 0]);
  const raw = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)));
  const stride = width * channels;
  const pixels: number[][] = [];
  let above = Buffer.alloc(stride);
  for (let y = 0; y < height; y += 1) {
    const start = y * (stride + 1);
    const line = Buffer.from(raw.subarray(start + 1, start + 1 + stride));
    for (let x = 0; x < stride; x += 1) {
      const [left, up, corner] = [line[x - channels] ?? 0, above[x] ?? 0, above[x - channels] ?? 0];
      line[x] = ((line[x] ?? 0) + predicted(raw[start] ?? 0, left, up, corner)) & 0xff;
    }
    for (let x = 0; x < stride; x += channels) {
      pixels.push([...line.subarray(x, x + 3), channels === 4 ? (line[x + 3] ?? 0) : 255]);
    }
    above = line;
  }
  return { width, height, pixels };
}

/** The five filters of a PNG's lines. */
function predicted(filter: number, left: number, up: number, corner: number): number {
  const byDistance = [left, up, corner].map((value) => ({ value, far: Math.abs(left + up - corner - value) }));
  const paeth = byDistance.reduce((best, each) => (each.far < best.far ? each : best)).value;
  return [0, left, up, Math.floor((left + up) / 2), paeth][filter] ?? assert.fail(`filter ${filter}`);
}
