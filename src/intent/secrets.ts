const MASK = '•••';

/** Words that a secret follows. Not a part of a longer name: `ipsec-key-management` is a process. */
const KEYWORD =
  '(?<![\\w-])(?:pass(?:words?|wd|phrase|code)?|pwd|pw|secret|community|tokens?|psk|(?:(?:api|auth|access|private|shared|pre-shared)[-_ ]?)?key)(?![\\w-])';
/** What may stand between: "password for hq-fw01 is …", "secret: …", "community string …". */
const BETWEEN =
  '(?:["\']?\\s*[=:]+>?\\s*|(?:\\s+(?:(?:for|of|on|at)\\s+(?:the\\s+)?\\S+|is|was|are|set|to|as|be|now|new|my|the|string|[=:]))*\\s+)(?:(?:is|=|:)\\s+)?';
const VALUE = '(?:"[^"]*"|\'[^\']*\'|`[^`]*`|[^\\s]+)';

/** In this order: what a later pattern would only see a part of comes first. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/gu, MASK],
  [/(:\/\/)[^\s/@:]*:\S*@/gu, `$1${MASK}@`],
  // crypt(3) hashes, and $8$ and $9$ of Junos.
  [/\$(?:1|2[abxy]?|5|6|8|9)\$[^\s"';,]+/gu, MASK],
  [/\beyJ[\w-]{5,}(?:\.[\w-]*){1,4}/gu, MASK],
  [/\b(bearer)\s+[^\s"',;]+/giu, `$1 ${MASK}`],
  [/\b(authorization\s*[:=]\s*basic)\s+[^\s"',;]+/giu, `$1 ${MASK}`],
  [/(?<![\w-])(passphrase["']?(?:\s*[=:]|\s+is\s))\s*[^,;\n]+/giu, `$1${MASK}`],
  [new RegExp(`(${KEYWORD}${BETWEEN})${VALUE}`, 'giu'), `$1${MASK}`],
];

/** Long runs without a separator that mix letters and digits, as keys in hex or base64 do. */
const LONG_RUN = /[A-Za-z0-9+/]{20,}={0,2}/gu;
/** The same in the alphabet of URLs, whose `-` names have as well: one piece has to be long. */
const URL_RUN = /[\w-]{24,}={0,2}/gu;
const LONG_PIECE = 16;

const mixes = (run: string) => /[A-Za-z]/u.test(run) && /\d/u.test(run);

/**
 * The text with everything that looks like a secret replaced by `•••`: for a text that is stored because it was not
 * understood. It rather takes a word too many than one too few. Pure.
 */
export function withoutSecrets(text: string): string {
  const masked = PATTERNS.reduce((rest, [pattern, by]) => rest.replace(pattern, by), text);
  return masked
    .replace(LONG_RUN, (run) => (mixes(run) ? MASK : run))
    .replace(URL_RUN, (run) =>
      run.split(/[-_]/u).some((piece) => piece.length >= LONG_PIECE && mixes(piece)) ? MASK : run,
    );
}
