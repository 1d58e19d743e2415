import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { child, escapeXml, find, findAll, looseText, parseXml, text, XmlError } from '../../src/netconf/xml.ts';

test('names and attributes lose their prefixes, namespace declarations do not count', () => {
  const root = parseXml(
    '<nc:rpc-reply xmlns:nc="urn:n" xmlns:junos="urn:j" message-id="7"><t junos:seconds="5" junos:x="1" x="2">\n a \n</t></nc:rpc-reply>',
  );
  assert.equal(root.name, 'rpc-reply');
  assert.equal(root.prefix, 'nc');
  assert.deepEqual({ ...root.attributes }, { 'message-id': '7' });
  const t = child(root, 't');
  assert.deepEqual({ ...t?.attributes }, { seconds: '5', x: '2' });
  assert.equal(text(t), 'a');
});

test('find and findAll go in document order; what is missing has no text', () => {
  const root = parseXml('<r><a><b>1</b></a><b>2</b></r>');
  assert.equal(text(find(root, 'b')), '1');
  assert.deepEqual(findAll(root, 'b').map(text), ['1', '2']);
  assert.equal(text(find(root, 'c')), '');
  assert.equal(child(root, 'b')?.text, '2');
});

const readable: [what: string, raw: string, expected: string][] = [
  ['comments around and inside', '<!-- user x, class y -->\n<a>1<!-- - -->2</a><!-- end -->', '12'],
  ['a declaration', '<?xml version="1.0" encoding="UTF-8"?><a>1</a>', '1'],
  ['a declaration behind a comment', '<!-- c -->\n<?xml version="1.0"?>\n<a>1</a>', '1'],
  ['a declaration in the middle', '<a>1<?xml version="1.0"?>2</a>', '12'],
  ['a byte order mark', '\ufeff<a>1</a>', '1'],
  ['a byte order mark behind a comment', '<!-- c -->\ufeff\n<a>1</a>', '1'],
  ['control characters', '<a>\u0000b\u0007e\u001bl\u000bl</a>', 'bell'],
  ['references to control characters', '<a>b&#7;e&#x1B;l&#011;l&#65;</a>', 'bellA'],
  ['CDATA', '<a><![CDATA[<b> & ]]></a>', '<b> &'],
  ['entities', '<a>&lt;b&gt; &amp; &quot;&apos;</a>', '<b> & "\''],
  ['a prefix nobody declared', '<junos:a>1</junos:a>', '1'],
];
for (const [what, raw, expected] of readable) {
  test(`XML with ${what} is read`, () => assert.equal(text(parseXml(raw)), expected));
}

const unreadable: [what: string, raw: string][] = [
  ['nothing', ''],
  ['no element', '<!-- only a comment -->'],
  ['text', 'xml-mode: Command not found.'],
  ['an open element', '<rpc-reply><ok/>'],
  ['crossed tags', '<a><b></a></b>'],
  ['a bare ampersand', '<a>R&D</a>'],
  ['two roots', '<a/><b/>'],
  ['a DOCTYPE', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
  ['an entity of its own', '<a>&x;</a>'],
  ['too many levels', '<a>'.repeat(5_000) + '</a>'.repeat(5_000)],
];
for (const [what, raw] of unreadable) {
  test(`${what} is refused, and kept`, () => {
    assert.throws(
      () => parseXml(raw),
      (error) => error instanceof XmlError && error.code === 'malformed-xml' && error.raw === raw,
    );
  });
}

test('any text survives escaping', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (value) => {
      const printable = value.replace(/\p{Cc}/gu, '');
      const root = parseXml(`<a b="${escapeXml(printable)}">${escapeXml(printable)}</a>`);
      assert.equal(root.text, printable);
      assert.equal(root.attributes.b, printable);
    }),
  );
});

test('escaping leaves no markup and no control characters', () => {
  assert.equal(escapeXml(`<a b='"'>&\u0000]]>]]>`), '&lt;a b=&apos;&quot;&apos;&gt;&amp;]]&gt;]]&gt;');
});

test('loose text is what is left without tags', () => {
  assert.equal(looseText('<!-- c --><a>halt & <b>now</b'), 'halt &  now</b');
});
