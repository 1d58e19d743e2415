/**
 * What is looked for in a device's text. `junos-secret` is `$9$`, which can be turned back into the secret;
 * `password-hash` is `$1$ $5$ $6$ $8$` and their relatives; `marked` is what Junos itself marks with `## SECRET-DATA`.
 */
export type SecretKind =
  | 'password-hash'
  | 'junos-secret'
  | 'snmp-community'
  | 'pre-shared-key'
  | 'radius-tacacs-secret'
  | 'authentication-key'
  | 'password'
  | 'private-key'
  | 'url-password'
  | 'marked';

/** A run of bytes to make unreadable: `from` inclusive, `to` exclusive. */
export interface Found {
  kind: SecretKind;
  from: number;
  to: number;
}

/** What is carried from line to line. */
export interface Carried {
  /** How many bytes may still belong to a private key that has begun; 0 outside of one. */
  keyBytes: number;
  /** How far the `snmp {` that is open is indented, or -1 when none is. */
  snmpIndent: number;
  /** Where that one ends in this piece; behind its end when it does not. */
  snmpEnd: number;
}

/** Longest value. What is longer is no secret of a configuration. */
export const MOST_VALUE = 8 * 1024;
/** A key of 16384 bits in PEM with its headers is 13 kB. */
const MOST_KEY = 32 * 1024;
/** How far to the left of a word its sentence is looked at. */
const LEFT = 512;

/** Words that are followed by a secret wherever they appear in a configuration or a command. */
const KEYWORDS: Readonly<Record<string, SecretKind>> = {
  'encrypted-password': 'password-hash',
  'plain-text-password-value': 'password',
  'authentication-password': 'password',
  'privacy-password': 'password',
  'simple-password': 'password',
  'chap-secret': 'password',
  'pap-password': 'password',
  'ascii-text': 'pre-shared-key',
  hexadecimal: 'pre-shared-key',
  'pre-shared-secret': 'pre-shared-key',
  'shared-secret': 'radius-tacacs-secret',
  'authentication-key': 'authentication-key',
  'privacy-key': 'authentication-key',
  'community-name': 'snmp-community',
  passphrase: 'pre-shared-key',
  cak: 'pre-shared-key',
  secret: 'radius-tacacs-secret',
  password: 'password',
};
/** These are words of plain English, or of logs, too: what follows counts only where it is clear that it is a value. */
const PLAIN_WORDS = new Set(['secret', 'password', 'passphrase', 'cak', 'hexadecimal', 'community-name']);

/** Where it pays to look closer. One pass over the text; everything else happens only here. */
const TRIGGER = new RegExp(
  [
    '\\$(?:[15689y]|sha1|2[aby])\\$',
    'community',
    'encrypted-password|plain-text-password-value|authentication-password|privacy-password|simple-password',
    'chap-secret|pap-password|ascii-text|hexadecimal|pre-shared-secret|shared-secret|authentication-key|privacy-key',
    'passphrase|\\bcak\\b|secret|password',
    '\\bmd5 \\d',
    'SECRET-DATA',
    'PRIVATE KEY-----',
    '://',
    'snmp \\{',
  ].join('|'),
  'g',
);

/** Not `\s`: that has the no-break space in it, and the text is bytes, some of which look like one. */
const SPACE = '\\t\\n\\v\\f\\r ';
/** `"..."` with `\"` inside, or a word; a quote without its end goes to the end of the line. */
const QUOTED = `"(?:[^"\\\\\\n\\r]|\\\\[^\\n\\r]){0,${MOST_VALUE}}`;
const WORD = `[^${SPACE};"\\]{}<>]{1,${MOST_VALUE}}`;
const VALUE = new RegExp(`(?:${QUOTED}|${WORD})`, 'y');
const GAP = /[ \t]+(?:\/\*[^\n]{0,64}?\*\/)?[ \t]*/y;
const HASH = new RegExp(
  `\\$(?:9\\$[./A-Za-z0-9-]{4,${MOST_VALUE}}|(?:[1568y]|sha1|2[aby])\\$[./A-Za-z0-9=,$+-]{8,${MOST_VALUE}})`,
  'y',
);
const HASH_START = /^\$(?:[15689y]|sha1|2[aby])\$/;
const XML_VALUE = new RegExp(`>([^<\\n\\r]{1,${MOST_VALUE}})`, 'y');
const URL_LOGIN = /:\/\/[^\t-\r :/@"'<>]{1,256}:([^\t-\r /@"'<>]{1,1024})@/y;
const KEY_END = /-----END [A-Z ]{0,32}PRIVATE KEY-----/g;
/** A command, or the path of a change in the log: `[system root-authentication ...]`. */
const COMMAND = /(?:^|[^\w-])(?:set|edit|delete|replace|command '|load|annotate)\b|command '|: \[/;
const POLICY = /(?:from|then|add|delete|policy-options|members|condition)[ \t]+$/;
const PASSWORD_RULE = /^(?:minimum|maximum|change|format)-/;

/**
 * The secrets in a piece of text that holds whole lines, in order and without overlap. The text is `latin1`, a byte a
 * letter. What begins before `from` is left out, and what begins at or after `until`: that is for the next piece.
 * `carried` is read and changed.
 */
export function findSecrets(text: string, carried: Carried, from: number, until: number): Found[] {
  const found: Found[] = [];
  let at = from;
  const add = (kind: SecretKind, start: number, end: number) => {
    const first = Math.max(start, at);
    if (end <= first) return;
    found.push({ kind, from: first, to: end });
    at = end;
  };
  if (carried.keyBytes > 0) at = restOfKey(text, at, until, carried, found);
  carried.snmpEnd = carried.snmpIndent < 0 ? 0 : endOfBlock(text, from, carried.snmpIndent);
  TRIGGER.lastIndex = at;
  for (let trigger = TRIGGER.exec(text); trigger !== null; trigger = TRIGGER.exec(text)) {
    const start = trigger.index;
    if (start >= until) break;
    const word = trigger[0];
    const end = start + word.length;
    if (word.startsWith('$')) hash(text, start, add);
    else if (word === '://') urlLogin(text, start, add);
    else if (word === 'snmp {') openSnmp(text, start, end, carried);
    else if (word === 'community') community(text, start, end, carried, add);
    else if (word === 'SECRET-DATA') marked(text, start, at, add);
    else if (word.startsWith('md5 ')) md5Key(text, start, add);
    else if (word === 'PRIVATE KEY-----') {
      if (/-----BEGIN [A-Z ]{0,32}$/.test(text.slice(Math.max(0, start - 48), start))) {
        carried.keyBytes = MOST_KEY;
        found.push({ kind: 'private-key', from: end, to: end });
        at = restOfKey(text, end, until, carried, found);
      }
    } else keyword(text, start, end, word, add);
    if (at > TRIGGER.lastIndex) TRIGGER.lastIndex = at;
  }
  // Open is only what does not end in what was looked at.
  if (carried.snmpEnd < until) carried.snmpIndent = -1;
  return found;
}

function openSnmp(text: string, start: number, end: number, carried: Carried): void {
  const indent = start - lineStart(text, start);
  if (start < carried.snmpEnd || indent > LEFT || text.slice(start - indent, start).trim() !== '') return;
  carried.snmpIndent = indent;
  carried.snmpEnd = endOfBlock(text, end, indent);
}

/** Where a line begins with a brace that is not further to the right than that. */
function endOfBlock(text: string, from: number, indent: number): number {
  const brace = new RegExp(`^[ \\t]{0,${indent}}\\}`, 'gm');
  brace.lastIndex = from;
  return brace.exec(text)?.index ?? text.length;
}

type Add = (kind: SecretKind, from: number, to: number) => void;

function hash(text: string, start: number, add: Add): void {
  HASH.lastIndex = start;
  const whole = HASH.exec(text)?.[0];
  if (whole === undefined) return;
  const prefix = HASH_START.exec(whole)?.[0].length ?? 0;
  add(whole.startsWith('$9$') ? 'junos-secret' : 'password-hash', start + prefix, start + whole.length);
}

function urlLogin(text: string, start: number, add: Add): void {
  URL_LOGIN.lastIndex = start;
  const match = URL_LOGIN.exec(text);
  const password = match?.[1];
  if (match && password !== undefined) {
    const to = start + match[0].length - 1;
    add('url-password', to - password.length, to);
  }
}

function keyword(text: string, start: number, end: number, matched: string, add: Add): void {
  // `passwords` and `secret-handshake` are other words; `ppp-password` is the same.
  const left = text[start - 1] ?? '';
  if (/\w/.test(left) || (left === '-' && !PLAIN_WORDS.has(matched)) || /[\w-]/.test(text[end] ?? '')) return;
  const kind = KEYWORDS[matched];
  if (kind === undefined) return;
  if (text[end] === '>' && left === '<') {
    XML_VALUE.lastIndex = end;
    const value = XML_VALUE.exec(text)?.[1];
    if (value !== undefined) addValue(text, kind, end + 1, end + 1 + value.length, add);
    return;
  }
  if (text[end] === ']') {
    changed(text, kind, end + 1, add);
    return;
  }
  const isCertain = !PLAIN_WORDS.has(matched);
  value(text, kind, end, add, (word, after) => {
    if (word.startsWith('"') || /^[ \t]*;/.test(after)) return true;
    if (matched === 'password' && PASSWORD_RULE.test(word)) return false;
    const before = leftOf(text, start);
    return COMMAND.test(before) || (isCertain && /^[ \t]*$/.test(before));
  });
}

/** The value behind a keyword, when the caller takes it for one. `after` is what follows it in its line. */
function value(
  text: string,
  kind: SecretKind,
  end: number,
  add: Add,
  isValue: (word: string, after: string) => boolean,
): void {
  GAP.lastIndex = end;
  const gap = GAP.exec(text)?.[0];
  if (gap === undefined) return;
  let at = end + gap.length;
  // NTP and BGP chains: `authentication-key 1 type md5 value "..."`.
  const chain = /^\d{1,10}[ \t]+type[ \t]+\S{1,32}[ \t]+value[ \t]+/.exec(text.slice(at, at + 96))?.[0];
  if (chain) at += chain.length;
  VALUE.lastIndex = at;
  const word = VALUE.exec(text)?.[0];
  if (word === undefined || word.startsWith('/*')) return;
  const after = text.slice(at + word.length, at + word.length + 64);
  if (!isValue(word, after)) return;
  const quote = word.startsWith('"') ? 1 : 0;
  // The quote that ends a logged command is no part of it.
  const tail = quote === 0 ? (/['.,]+$/.exec(word)?.[0].length ?? 0) : 0;
  addValue(text, kind, at + quote, at + word.length - tail, add);
}

/** A value of a known shape keeps its beginning, and counts as what it is. */
function addValue(text: string, kind: SecretKind, from: number, to: number, add: Add): void {
  const prefix = HASH_START.exec(text.slice(from, Math.min(to, from + 8)))?.[0] ?? '';
  if (prefix === '$9$') add('junos-secret', from + prefix.length, to);
  else if (prefix !== '') add('password-hash', from + prefix.length, to);
  else add(kind, from, to);
}

/** `UI_CFG_AUDIT_SET: ... [system radius-server 192.0.2.1 secret] "old" -> "new"`: all behind the bracket. */
function changed(text: string, kind: SecretKind, from: number, add: Add): void {
  const line = text.slice(from, Math.min(lineEnd(text, from), from + MOST_VALUE));
  for (const { 0: word, index } of line.matchAll(/[^\t\r "]+/g)) {
    if (word !== '->' && word !== '<unconfigured>') addValue(text, kind, from + index, from + index + word.length, add);
  }
}

/** The `community` of SNMP, and not the one of a routing policy. */
function community(text: string, start: number, end: number, carried: Carried, add: Add): void {
  const after = text.slice(end, end + 16);
  const named = /^ name \(/.exec(after)?.[0];
  if (named !== undefined) {
    const close = text.indexOf(')', end);
    if (close > 0 && close < lineEnd(text, end)) add('snmp-community', end + named.length, close);
    return;
  }
  const left = text[start - 1] ?? '';
  if (after.startsWith('-name')) {
    keyword(text, start, end + 5, 'community-name', add);
    return;
  }
  if (/[\w-]/.test(left) || /[\w-]/.test(after[0] ?? '')) return;
  const before = leftOf(text, start);
  const isSnmp = /(?:^|[^\w-])snmp[ \t]+(?:\S+[ \t]+){0,4}$/.test(before);
  if (after.startsWith(']')) {
    if (isSnmp) changed(text, 'snmp-community', end + 1, add);
    return;
  }
  if (left === '<' && after.startsWith('>')) {
    const name = /^>[\t-\r ]{0,8}<name>/.exec(text.slice(end, end + 32))?.[0];
    const value = name && /^[^<\n\r]+/.exec(text.slice(end + name.length, end + name.length + MOST_VALUE))?.[0];
    if (name && value) add('snmp-community', end + name.length, end + name.length + value.length);
    return;
  }
  const isInside = isSnmp || (carried.snmpIndent >= 0 && start < carried.snmpEnd);
  value(text, 'snmp-community', end, add, (word, rest) => {
    if (isInside) return true;
    if (POLICY.test(before)) return false;
    if (word.startsWith('"')) return true;
    if (/(?:^|[^\w-])set[ \t]+$/.test(before)) return !/^[ \t]+(?:members|invert-match)\b/.test(rest);
    return /^[ \t]*(?:\{|(?:authorization|clients|client-list-name|view|routing-instance)\b)/.test(rest);
  });
}

/** `md5 1 key "..."` of OSPF and RIP. */
function md5Key(text: string, start: number, add: Add): void {
  const match = /^md5 \d{1,10}[ \t]+key/.exec(text.slice(start, start + 32))?.[0];
  if (match !== undefined) value(text, 'authentication-key', start + match.length, add, () => true);
}

/** `secret "..."; ## SECRET-DATA`: the last value to the left, whatever its keyword is. */
function marked(text: string, start: number, at: number, add: Add): void {
  const from = Math.max(lineStart(text, start), start - MOST_VALUE, at);
  const line = text.slice(from, start);
  const match = /(?:"((?:[^"\\]|\\.)*)"|([^\t\r ;"{}]+))[ \t]*;[ \t]*##[ \t]*$/.exec(line);
  const secret = match?.[1] ?? match?.[2];
  if (!match || !secret || /^(?:\*\/|x+)$/.test(secret)) return;
  const begin = from + match.index + (match[1] === undefined ? 0 : 1);
  addValue(text, 'marked', begin, begin + secret.length, add);
}

/** Makes the letters of a private key unreadable, until its end or until it cannot be one. Returns where to go on. */
function restOfKey(text: string, from: number, until: number, carried: Carried, found: Found[]): number {
  const most = Math.min(from + carried.keyBytes, text.length, until);
  KEY_END.lastIndex = from;
  const end = KEY_END.exec(text)?.index ?? -1;
  const to = end >= 0 && end < most ? end : most;
  for (const { 0: run, index } of text.slice(from, to).matchAll(/[A-Za-z0-9+/=]+/g)) {
    // Line ends can be written as \n.
    const skipped = run.startsWith('n') && text[from + index - 1] === '\\' ? 1 : 0;
    if (run.length > skipped)
      found.push({ kind: 'private-key', from: from + index + skipped, to: from + index + run.length });
  }
  carried.keyBytes = end >= 0 && end < most ? 0 : carried.keyBytes - (to - from);
  return to;
}

function leftOf(text: string, at: number): string {
  return text.slice(Math.max(lineStart(text, at), at - LEFT), at);
}

function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}
