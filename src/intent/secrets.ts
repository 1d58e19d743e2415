const MASK = '•••';

/** Words that announce a secret: what comes behind them, after "is", "=" or ":" or nothing, is masked. */
const ANNOUNCED =
  /\b(pass(?:word|wd|phrase|code)?|pwd|secret|community|token|credentials?|api[-_ ]?key|(?:private|shared|auth(?:entication)?|encryption|pre-shared)[-_ ]?key|key|bearer)(\s*(?:is|are|was|to|as|=|:|->)\s*|\s+)(["'`]?)([^\s"'`,;]+)\3/giu;
/** Words behind "password" and the like that are no secret: "the password of hq-fw01 is wrong". */
const NOT_SECRET =
  /^(?:for|of|on|at|in|is|are|was|wrong|right|expired|failed|refused|missing|management|chain|exchange|and|or|the|a|an|to|as|with|not|server|please|ipsec-key-management|process|reset)$/iu;
/** Junos' and crypt's hashes: $1$, $5$, $6$, $8$, $9$, $2b$, $y$. */
const HASH = /\$(?:[1-9]|2[aby]|y|sha1|argon2id?)\$[^\s"']+/gu;
const URL_LOGIN = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/giu;
const JWT = /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/gu;
/** A run of letters and digits nobody types as a word. */
const LONG_RUN = /[A-Za-z0-9+/_=-]{20,}/gu;
/** Names of devices and dates are written with joints; a secret is one run with letters and digits in a muddle. */
const isMuddled = (run: string) =>
  run.split(/[-_/=+]/).some((part) => part.length >= 16 && /\d/.test(part) && /[a-z]/i.test(part)) ||
  (run.length >= 32 && /^[0-9a-f]+$/i.test(run));

/** A text as it may be stored: what looks like a secret in it is masked. Pure; commands stay as they are. */
export function withoutSecrets(text: string): string {
  return text
    .replace(URL_LOGIN, `$1${MASK}@`)
    .replace(HASH, MASK)
    .replace(JWT, MASK)
    .replace(ANNOUNCED, (all: string, word: string, joint: string, _quote: string, value: string) =>
      NOT_SECRET.test(value) ? all : `${word}${joint}${MASK}`,
    )
    .replace(LONG_RUN, (run) => (isMuddled(run) ? MASK : run));
}
