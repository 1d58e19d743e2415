import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { sentenceOf } from '../../src/errors.ts';
import { Credentials } from '../../src/secrets/credentials.ts';
import { decryptToken, deriveKey, encryptSecret } from '../../src/secrets/fernet.ts';
import { parseSecrets } from '../../src/secrets/schema.ts';

/** Made with Python's cryptography (PBKDF2HMAC, Fernet) under this master password. */
const MASTER = 'a master, naïve';
const VECTORS = {
  quoted: {
    password: 'edge "pass" #1 ü',
    salt: 'wuYQ25rWLUNLZt7iiCYMTg==',
    secret:
      'gAAAAABrA99nFUqLH8OJUgVpHFYKnpIGe9WprErviRDEZebig7qMkdOVDVvTDePjawDRenu5onaC0DLgc1Wfx33Pyv8eEbwJ9-hXOq7mSgvwQTUXIhIk2Rw=',
  },
  empty: {
    password: '',
    salt: 'fKG5qsJZM4hxKS_nzxqkQQ==',
    secret: 'gAAAAABrA99nySQNHfy_wRb2oVJGetlgv3THSDlhuydN66DtojMn2ZdRoW8fkpZ9vhooBohUQbr7qN_4gS8eLYISVt-wtZmOJg==',
  },
  wholeBlock: {
    password: 'sixteen-bytes-16',
    salt: '6ajxXT5_E1VYxtq-IFIc5A==',
    secret:
      'gAAAAABrA99nBrT5I-9CpADxMEXOe5T1M7gfk8LAwuinGhyemj9a6Y6lrHuFZvlrd4sIMWP0RoPAWI3zuR_6N87IjzavA4vb_7F2kVM3dnAmQRKakoUfKHs=',
  },
  slow: {
    password: 'slow',
    rounds: 150_000,
    salt: 'S25XxhwcCYRKGy9KA4JzDw==',
    secret: 'gAAAAABrA99nNrQOOyWwM8DetuNU8LNehODhVQ0JTHumyy2RJupMFUuJdhFJTUZB9G3-d8ImR4RvLTdhU4b34YkFsC5JNaFW_A==',
  },
};

const entry = (user: string, vector: keyof typeof VECTORS, changed: object = {}) => {
  const { password: _, ...stored } = VECTORS[vector];
  return { user, ...stored, ...changed };
};

const DOCUMENTS = parseSecrets([
  {
    type: 'junos',
    'hq-fw01': entry('admin', 'quoted'),
    'hq-rtr.*': entry('netops', 'slow'),
    '^edge$': entry('edge', 'empty'),
    'broken-01': entry('admin', 'quoted', { secret: flip(VECTORS.quoted.secret, 40) }),
  },
  { type: 'server', 'adm-tftp01': entry('ftp', 'wholeBlock') },
  { type: 'junos', 'fw|broken': entry('late', 'empty') },
  null,
]);

/** The token with one bit of the byte at this place changed. */
function flip(token: string, at: number): string {
  const bytes = Buffer.from(token, 'base64url');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes.toString('base64url');
}

/** One entry for every device. */
function one(own: object, master?: string, env: NodeJS.ProcessEnv = {}): Credentials {
  return new Credentials(parseSecrets([{ type: 'junos', '.*': own }]), master, { PATH: process.env.PATH, ...env });
}

function commandFailures(): [string, Credentials, 'junos', string, string, RegExp][] {
  const cases: [string, string[], RegExp][] = [
    ['fails', ['sh', '-c', `echo ${VECTORS.quoted.secret} >&2; exit 3`], /, sh, ended with exit code 3\. .* hq-fw01\./],
    ['is not there', ['/no/such/program'], /, \/no\/such\/program, is not there\./],
    ['prints nothing', ['true'], /, true, printed nothing\./],
    ['prints lines', ['printf', `${VECTORS.quoted.secret}\\n2\\n`], /, printf, printed more than one line\./],
    ['prints without end', ['yes', VECTORS.quoted.secret], /, yes, printed more than 4096 bytes\./],
  ];
  return cases.map(([what, command, sentence]) => [
    `a command that ${what}`,
    one({ user: 'a', command }),
    'junos',
    'hq-fw01',
    'credentials-not-found',
    sentence,
  ]);
}

describe('Credentials', () => {
  it('takes a password from a variable, and from a command that is told the name and not the master password', async () => {
    const env = {
      HQ_PASSWORD: 'of the environment',
      chat_master_pw: MASTER,
      NETWORK_ASSISTANT_MASTER_PASSWORD: MASTER,
    };
    const byName = one({ user: 'a', env: 'HQ_PASSWORD' }, undefined, env);
    assert.deepEqual(await byName.find('junos', 'hq-fw01'), {
      ...{ user: 'a', password: 'of the environment' },
    });
    const script = 'echo "for $1, master: $chat_master_pw$NETWORK_ASSISTANT_MASTER_PASSWORD"';
    const byCommand = one({ user: 'a', command: ['sh', '-c', script, 'sh', 'net/{name}; rm'] }, MASTER, env);
    assert.equal((await byCommand.find('junos', 'hq-fw01')).password, 'for net/hq-fw01; rm, master: ');
  });

  it('a command has the environment, without the secrets of the assistant and of other entries', async () => {
    const hidden = [
      ...['NETWORK_ASSISTANT_MASTER_PASSWORD', 'chat_master_pw', 'MicrosoftAppPassword'],
      ...['MSSQL_URL', 'MSSQL_PASSWORD', 'MSSQL_CLIENT_SECRET', 'HQ_PASSWORD'],
    ];
    const kept = ['VAULT_TOKEN', 'MicrosoftAppId', 'MSSQL_SERVER', 'CREDENTIALS_DIRECTORY'];
    const env = Object.fromEntries([...hidden, ...kept].map((name) => [name, 'planted']));
    const script =
      'const { env } = process; console.log(Object.keys(env).filter((name) => env[name] === "planted").join(" "))';
    const entries = {
      hq: { user: 'a', env: 'HQ_PASSWORD' },
      '.*': { user: 'a', command: [process.execPath, '-e', script] },
    };
    const logins = new Credentials(parseSecrets([{ type: 'junos', ...entries }]), undefined, env);
    assert.deepEqual((await logins.find('junos', 'x')).password?.split(' ').toSorted(), kept.toSorted());
  });

  it('an entry with a key file has a password that opens it, or none', async () => {
    const key = { user: 'a', key_file: 'keys/hq' };
    assert.deepEqual(await one(key).find('junos', 'x'), { user: 'a', password: null });
    const sealed = one({ ...key, ...entry('a', 'quoted') }, MASTER);
    assert.equal((await sealed.find('junos', 'x')).password, VECTORS.quoted.password);
  });

  it('knows its master password by an entry behind many that it does not open', async () => {
    const other = entry('a', 'quoted', { secret: flip(VECTORS.quoted.secret, 40) });
    const document = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [name, other]));
    const opens = (last: object) =>
      new Credentials(parseSecrets([{ type: 'junos', ...document, z: last }]), MASTER).opensAny();
    assert.deepEqual([await opens(entry('z', 'empty')), await opens(other)], [true, false]);
  });

  it('uses other documents from one moment to the next', async () => {
    const credentials = one({ user: 'old', env: 'A' }, undefined, { A: '1' });
    credentials.use(parseSecrets([{ type: 'junos', '.*': { user: 'new', env: 'A' } }]), undefined);
    assert.equal((await credentials.find('junos', 'x')).user, 'new');
  });

  const credentials = new Credentials(DOCUMENTS, MASTER);

  const found: [type: 'junos' | 'server', name: string, user: string, password: string][] = [
    ['junos', 'hq-fw01', 'admin', VECTORS.quoted.password],
    // Searched, not anchored, and the first from the top wins.
    ['junos', 'old-hq-fw01-b', 'admin', VECTORS.quoted.password],
    ['junos', 'hq-rtr07', 'netops', VECTORS.slow.password],
    ['junos', 'edge', 'edge', ''],
    ['junos', 'branch-fw09', 'late', ''],
    ['server', 'adm-tftp01', 'ftp', VECTORS.wholeBlock.password],
  ];
  for (const [type, name, user, password] of found) {
    it(`finds ${user} for ${type} ${name}`, async () => {
      assert.deepEqual(await credentials.find(type, name), { user, password });
    });
  }

  const failures: [
    why: string,
    credentials: Credentials,
    type: 'junos' | 'server',
    name: string,
    code: string,
    sentence: RegExp,
  ][] = [
    ['no entry', credentials, 'junos', 'edge2', 'no-credentials', /no junos entry .* edge2/],
    ['an entry of the other type', credentials, 'server', 'hq-fw01', 'no-credentials', /no server entry .* hq-fw01/],
    ['NAME in another case', credentials, 'server', 'ADM-TFTP01', 'no-credentials', /no server entry/],
    [
      'no master password',
      new Credentials(DOCUMENTS, undefined),
      'junos',
      'edge',
      'no-master-password',
      /Set NETWORK_ASSISTANT_MASTER_PASSWORD \(or chat_master_pw\)/,
    ],
    ['an empty one', new Credentials(DOCUMENTS, ''), 'junos', 'edge', 'no-master-password', /Set NETWORK/],
    [
      'another one',
      new Credentials(DOCUMENTS, 'Wrong-Master'),
      'junos',
      'edge',
      'credentials-not-decrypted',
      /\^edge\$.*No other entry does either: the master password is not the one they were made with\./,
    ],
    // The entry further down would match and decrypt; it is not the one.
    [
      'a changed token',
      credentials,
      'junos',
      'broken-01',
      'credentials-not-decrypted',
      /broken-01, does not decrypt\. The entry hq-fw01 does, so the master password is right/,
    ],
    [
      'another one, and more entries than are tried',
      new Credentials(
        parseSecrets([
          {
            type: 'junos',
            ...Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => [name, entry('a', 'empty')])),
          },
        ]),
        'Wrong-Master',
      ),
      'junos',
      'a',
      'credentials-not-decrypted',
      /5 other entries do not either: the master password is probably not the one they were made with\./,
    ],
    [
      'a token that was cut off',
      one({ ...entry('a', 'quoted'), secret: VECTORS.quoted.secret.slice(0, 60) }, MASTER),
      'junos',
      'hq-fw01',
      'credentials-not-decrypted',
      /Its secret is cut off or was changed: it is no Fernet token any more\./,
    ],
    [
      'the only entry, and another master password',
      one(entry('a', 'empty'), 'Wrong-Master'),
      'junos',
      'hq-fw01',
      'credentials-not-decrypted',
      /Either the master password is not the one it was made with, or its salt or secret was changed\./,
    ],
    [
      'a variable that is not set',
      one({ user: 'a', env: 'HQ_PASSWORD' }),
      'junos',
      'hq-fw01',
      'credentials-not-found',
      /The environment variable HQ_PASSWORD is not set\. .* password for hq-fw01\./,
    ],
    ...commandFailures(),
  ];
  for (const [why, logins, type, name, code, sentence] of failures) {
    it(`says so without a secret: ${why}`, async () => {
      const error = await logins.find(type, name).then(
        () => assert.fail('found'),
        (reason: unknown) => reason,
      );
      assert.equal((error as { code: string }).code, code);
      assert.match(sentenceOf(error), sentence);
      const secrets = [
        MASTER,
        'Wrong-Master',
        ...Object.values(VECTORS).flatMap(({ password, secret, salt }) => [password, secret, salt]),
      ];
      for (const secret of secrets) {
        assert.ok(secret === '' || !JSON.stringify([error, String(error)]).includes(secret));
      }
    });
  }
});

describe('a Fernet token', () => {
  it('is refused when any byte of it has changed, or its length', async () => {
    const { secret, salt, password } = VECTORS.empty;
    const key = await deriveKey(MASTER, salt);
    assert.equal(decryptToken(secret, key), password);
    const bytes = Buffer.from(secret, 'base64url');
    for (let at = 0; at < bytes.length; at += 1)
      assert.equal(decryptToken(flip(secret, at), key), undefined, `byte ${at}`);
    for (let length = 0; length < bytes.length; length += 1) {
      assert.equal(decryptToken(bytes.subarray(0, length).toString('base64url'), key), undefined, `length ${length}`);
    }
  });

  it('is made as it is read, with its own salt, time and rounds', async () => {
    const now = () => new Date('2026-11-23T10:00:00Z');
    for (const rounds of [undefined, 120_000]) {
      const made = await encryptSecret('pässword', 'master', { now, random: randomBytes, ...(rounds && { rounds }) });
      assert.equal(made.rounds, rounds);
      assert.equal(Buffer.from(made.secret, 'base64url').readBigUInt64BE(1), BigInt(now().getTime() / 1000));
      // Python's decoder needs the padding.
      assert.equal(made.secret.length % 4, 0);
      assert.equal(made.salt.length, 24);
      const documents = parseSecrets([{ type: 'junos', 'hq-.*': { user: 'admin', ...made } }]);
      const login = await new Credentials(documents, 'master').find('junos', 'hq-fw01');
      assert.deepEqual(login, { user: 'admin', password: 'pässword' });
    }
  });
});
