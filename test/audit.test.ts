import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ChainVerdict, canonicalEntry, chained, checkChain, NO_AUDIT, verdictSentence } from '../src/audit.ts';
import type { AuditEntry, AuditHead, AuditRow } from '../src/store/store.ts';
import { alex, entry } from './store/samples.ts';

function chainOf(entries: AuditEntry[]): AuditRow[] {
  const rows: AuditRow[] = [];
  for (const each of entries) rows.push(chained(rows.at(-1) ?? NO_AUDIT, canonicalEntry(each)));
  return rows;
}

const LENGTH = 200;
const KINDS = ['request', 'proposed', 'confirmed', 'sending', 'answer', 'ended'] as const;
const CHAIN = chainOf(
  Array.from({ length: LENGTH }, (_, n) =>
    entry({
      at: 1_795_428_000_000 + n * 977,
      kind: KINDS[n % KINDS.length],
      text: `reboot hq-fw${n} — "now"`,
      jobId: `j${n}`,
    }),
  ),
);
const HEAD: AuditHead = { seq: LENGTH, hash: CHAIN.at(-1)?.hash ?? '' };

/** As a store reads rows back: by rising number. */
function verify(rows: readonly AuditRow[], head: AuditHead | null = HEAD): ChainVerdict {
  const check = checkChain();
  for (const row of [...rows].sort((a, b) => a.seq - b.seq)) if (!check.next(row)) break;
  return check.end(head);
}
const sentence = (rows: readonly AuditRow[], head: AuditHead | null = HEAD) => verdictSentence(verify(rows, head));
const change = (seq: number, with_: Partial<AuditRow>) =>
  CHAIN.map((row) => (row.seq === seq ? { ...row, ...with_ } : row));
const without = (...seqs: number[]) => CHAIN.filter(({ seq }) => !seqs.includes(seq));

describe('the canonical entry', () => {
  it('has every key, always in the same order, and the time in UTC', () => {
    const full = entry({
      at: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
      kind: 'sending',
      devices: ['a', 'b'],
      confirmationId: 'c1',
      jobId: 'j1',
      rpc: '<request-reboot/>',
      result: 'sent',
      detail: 'line\nline',
    });
    const text =
      '{"at":"2026-01-02T03:04:05.006Z","kind":"sending","person":{"id":"29:alex","objectId":"00000000-0000-0000-0000-00000000000a","upn":null,"name":"Alex Wilber"},"conversationId":"a:1","text":"reboot hq-fw01","intent":"reboot","action":"reboot","devices":["a","b"],"confirmationId":"c1","jobId":"j1","rpc":"<request-reboot/>","result":"sent","detail":"line\\nline"}';
    assert.equal(canonicalEntry(full), text);
    const reversed = Object.fromEntries(Object.entries(full).reverse()) as unknown as AuditEntry;
    const person = Object.fromEntries(Object.entries(alex).reverse()) as unknown as AuditEntry['person'];
    assert.equal(canonicalEntry({ ...reversed, person }), text);
  });

  it('can be stored as UTF-8 whatever was typed, and keeps different texts apart', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        const text = canonicalEntry(entry({ text: a }));
        assert.equal(Buffer.from(text).toString(), text);
        assert.equal((JSON.parse(text) as AuditEntry).text, a);
        assert.equal(text === canonicalEntry(entry({ text: b })), a === b);
      }),
    );
    assert.match(canonicalEntry(entry({ text: '\ud800\u0000' })), /"\\ud800\\u0000"/);
  });

  it('has no entry for a time that is none', () => {
    assert.throws(() => canonicalEntry(entry({ at: Number.NaN })));
  });
});

describe('the chain', () => {
  it('is the SHA-256 of the hash before, the number and the entry, each on a line', () => {
    const sha = (text: string) => createHash('sha256').update(text).digest('hex');
    const first = sha(`\n1\n${CHAIN[0]?.entry}`);
    assert.equal(CHAIN[0]?.hash, first);
    assert.equal(CHAIN[1]?.hash, sha(`${first}\n2\n${CHAIN[1]?.entry}`));
  });

  it('of 200 entries is unbroken, and so is each shorter one with its own head', () => {
    assert.deepEqual(verify(CHAIN), { isUnbroken: true, head: HEAD });
    for (let length = 1; length <= LENGTH; length += 1) {
      const { seq, hash } = CHAIN[length - 1] as AuditRow;
      assert.equal(verify(CHAIN.slice(0, length), { seq, hash }).isUnbroken, true);
    }
  });

  it('one changed byte of any column of any row is found, at that row', () => {
    const anyChange = fc.record({
      seq: fc.integer({ min: 1, max: LENGTH }),
      column: fc.constantFrom('entry' as const, 'hash' as const),
      place: fc.nat(),
      xor: fc.integer({ min: 1, max: 255 }),
    });
    fc.assert(
      fc.property(anyChange, ({ seq, column, place, xor }) => {
        const bytes = Buffer.from(CHAIN[seq - 1]?.[column] ?? '');
        const index = place % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ xor;
        const expected = column === 'entry' ? 'changed' : 'inserted-or-changed';
        assert.deepEqual(verify(change(seq, { [column]: bytes.toString() })), {
          isUnbroken: false,
          reason: expected,
          seq,
        });
      }),
      { numRuns: 2_000 },
    );
  });

  it('any changed number is found', () => {
    const anyNumber = fc.integer({ min: -3, max: LENGTH + 3 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: LENGTH }), anyNumber, (seq, other) => {
        fc.pre(seq !== other);
        assert.equal(verify(change(seq, { seq: other })).isUnbroken, false);
      }),
    );
  });

  it('any row that is deleted is found, the first and the last too', () => {
    for (let seq = 1; seq <= LENGTH; seq += 1) {
      const expected = seq === LENGTH ? 'the last entry is missing' : `entry ${seq} is missing`;
      assert.equal(sentence(without(seq)), expected);
    }
  });

  it('any two rows that change places are found, with their hashes or without', () => {
    const two = fc.uniqueArray(fc.integer({ min: 1, max: LENGTH }), { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(two, fc.boolean(), ([a = 0, b = 0], isWithHash) => {
        const taken = (seq: number) => {
          const { entry: text, hash } = CHAIN[seq - 1] as AuditRow;
          return isWithHash ? { entry: text, hash } : { entry: text };
        };
        const swapped = change(a, taken(b)).map((row) => (row.seq === b ? { ...row, ...taken(a) } : row));
        const verdict = verify(swapped);
        assert.equal(verdict.isUnbroken === false && 'seq' in verdict && verdict.seq, Math.min(a, b));
      }),
    );
  });

  it('any row that is put in between is found, also when its hash fits what is before it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: LENGTH }), fc.boolean(), (seq, isFitting) => {
        const fitting = chained(CHAIN[seq - 2] ?? NO_AUDIT, canonicalEntry(entry({ text: 'never said' })));
        const put = isFitting ? fitting : { ...fitting, hash: '0'.repeat(64) };
        const later = CHAIN.slice(seq - 1).map((row) => ({ ...row, seq: row.seq + 1 }));
        const verdict = verify([...CHAIN.slice(0, seq - 1), put, ...later]);
        assert.deepEqual(verdict, { isUnbroken: false, reason: 'inserted-or-changed', seq });
      }),
    );
  });

  it('one written anew together with its hash is found at the one after it, and the last one by the head', () => {
    for (let seq = 1; seq <= LENGTH; seq += 1) {
      const { entry: text, hash } = chained(CHAIN[seq - 2] ?? NO_AUDIT, canonicalEntry(entry({ text: 'never said' })));
      const verdict = verify(change(seq, { entry: text, hash }));
      assert.equal(verdict.isUnbroken === false && 'seq' in verdict && verdict.seq, Math.min(seq + 1, LENGTH));
    }
  });
});

describe('the line about the chain', () => {
  const cases: [what: string, rows: AuditRow[], head: AuditHead | null, line: string][] = [
    ['nothing yet', [], NO_AUDIT, 'no entries yet'],
    ['one', CHAIN.slice(0, 1), CHAIN[0] ?? null, `1 entry, unbroken, head ${CHAIN[0]?.hash}`],
    ['all', CHAIN, HEAD, `200 entries, unbroken, head ${HEAD.hash}`],
    ['a text', change(17, { entry: '{}' }), HEAD, 'entry 17 was changed'],
    ['the last text', change(LENGTH, { entry: '{}' }), HEAD, 'entry 200 was changed'],
    ['a hash', change(17, { hash: '' }), HEAD, 'entry 17 was inserted or changed'],
    ['some missing', without(17, 18, 19), HEAD, 'entries 17 to 19 are missing'],
    ['the first ones missing', without(1, 2), HEAD, 'entries 1 to 2 are missing'],
    ['the end missing', without(198, 199, 200), HEAD, 'the last 3 entries are missing'],
    ['all missing', [], HEAD, 'the last 200 entries are missing'],
    ['one more than the head knows', CHAIN, CHAIN[198] ?? null, 'entry 200 was inserted or changed'],
    ['only the head changed', CHAIN, { ...HEAD, hash: 'x' }, 'entry 200 was inserted or changed'],
    ['the head set back to nothing', CHAIN, NO_AUDIT, 'entry 1 was inserted or changed'],
    ['no head', CHAIN, null, 'the head is missing: nothing tells whether entries are missing at the end'],
    [
      'two things: the first is told',
      change(17, { entry: '{}' }).filter(({ seq }) => seq !== 40),
      HEAD,
      'entry 17 was changed',
    ],
    [
      'a changed one before a gap',
      change(17, { entry: '{}' }).filter(({ seq }) => seq !== 18),
      HEAD,
      'entry 17 was inserted or changed',
    ],
  ];
  for (const [what, rows, head, line] of cases) {
    it(`${what}: ${line.slice(0, 50)}`, () => {
      assert.equal(sentence(rows, head), line);
    });
  }
});
