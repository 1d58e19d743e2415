import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { removeOld } from '../../src/transfer/retention.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const DAY_S = 86_400;

/** A folder with files of so many days ago. */
function folder(t: TestContext, files: Record<string, number>): string {
  const dir = mkdtempSync(join(tmpdir(), 'retention-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, days] of Object.entries(files)) {
    writeFileSync(join(dir, name), name);
    const at = NOW.getTime() / 1000 - days * DAY_S;
    utimesSync(join(dir, name), at, at);
  }
  return dir;
}

const OWN = { 'RSI-Support-a.txt': 1, 'Support-a.tgz': 10, 'Support-b.txt': 31, 'Support-c.tgz': 40 };
const OTHERS = {
  'notes.txt': 99,
  'support-a.tgz': 99,
  'Support-a.tgz.bak': 99,
  'RSI-Support-a.tgz': 99,
  '.Support-a': 99,
};

test('what is older than so many days goes, and nothing that has another name', async (t) => {
  const dir = folder(t, { ...OWN, ...OTHERS });
  const { removed, kept } = await removeOld(dir, { days: 30, most: null }, NOW);
  assert.deepEqual([removed, kept], [['Support-b.txt', 'Support-c.tgz'], []]);
  const left = ['RSI-Support-a.txt', 'Support-a.tgz', ...Object.keys(OTHERS)];
  assert.deepEqual(readdirSync(dir).sort(), left.sort());
});

test('only so many of the newest stay', async (t) => {
  const dir = folder(t, { ...OWN, ...OTHERS });
  const { removed } = await removeOld(dir, { days: null, most: 1 }, NOW);
  assert.deepEqual(removed, ['Support-a.tgz', 'Support-b.txt', 'Support-c.tgz']);
  assert.deepEqual((await removeOld(dir, { days: null, most: null }, NOW)).removed, []);
  assert.deepEqual((await removeOld(dir, { days: null, most: 0 }, NOW)).removed, ['RSI-Support-a.txt']);
  assert.deepEqual(readdirSync(dir).sort(), Object.keys(OTHERS).sort());
});

test('partial files of a crash go after a day, and only our own', async (t) => {
  const part = (name: string) => `.${name}.part-0123456789abcdef`;
  const dir = folder(t, { [part('Support-a.tgz')]: 2, [part('Support-b.tgz')]: 0.5, [part('notes.txt')]: 9 });
  const { removed } = await removeOld(dir, { days: 30, most: 5 }, NOW);
  assert.deepEqual(removed, [part('Support-a.tgz')]);
});

test('links are neither followed nor removed, folders stay, and a folder that is not there is empty', async (t) => {
  const other = folder(t, { 'Support-x.tgz': 99 });
  const dir = folder(t, {});
  symlinkSync(join(other, 'Support-x.tgz'), join(dir, 'Support-x.tgz'));
  mkdirSync(join(dir, 'Support-y.tgz'));
  assert.deepEqual(await removeOld(dir, { days: 0, most: 0 }, NOW), { removed: [], kept: [] });
  assert.deepEqual(readdirSync(dir).sort(), ['Support-x.tgz', 'Support-y.tgz']);
  assert.deepEqual(readdirSync(other), ['Support-x.tgz']);
  assert.deepEqual(await removeOld(join(dir, 'none'), { days: 0, most: 0 }, NOW), { removed: [], kept: [] });
});
