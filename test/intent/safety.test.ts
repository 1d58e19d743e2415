import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { normalise, tokenise } from '../../src/intent/text.ts';
import { understand } from '../../src/intent/understand.ts';
import { isVocabulary } from '../../src/intent/words.ts';
import { context, inventory } from './fixtures.ts';

const ACTIONS = new Set<string>(['reboot', 'cancel-reboot', 'restart-process', 'collect-logs']);
const split = (text: string) => text.split(' ');

const names = inventory.all().flatMap(({ name }) => (isVocabulary(name.toLowerCase()) ? [] : name));
const name = fc.constantFrom(...names, 'HQ-FW01', 'hq-fw9', 'fw01', "hq-fw01's");
const site = fc.constantFrom('hq', 'branch', 'New York', 'depot', 'London');
const verb = fc.constantFrom(
  ...[
    'reboot',
    'reload',
    'power cycle',
    'bounce',
    'request system reboot',
    'schedule a reboot of',
    'turn off and on again',
  ],
  ...[
    'restart',
    'restart routing on',
    'restart rpd',
    'kick snmpd on',
    'bounce rpd on',
    'cancel the reboot of',
    'abort reboot',
  ],
  ...['get the logs for', 'logs', 'rsi', 'extensive logs of', 'upload the logs of', 'give', 'would you mind rebooting'],
  ...["i'd like", 'cancel', 'can i get'],
);
const word = fc.oneof(
  { weight: 3, arbitrary: name },
  { weight: 1, arbitrary: site },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...split(
        'and & , ; . ! ? : or not but except excluding all every everything both the of on at for from in to with hq fw01 it them',
      ),
      ...split(
        'switches firewalls device now asap again please pls thanks 🙏 tonight 17:00 5 minutes routing rpd snmpd process softly',
      ),
      ...split(
        'immediately logs rsi events reboot reboots restart rebooted a failed is are has if unless when while because only then',
      ),
    ),
  },
);
const rest = fc.array(word, { maxLength: 12 }).map((list) => list.join(' '));
const command = fc.tuple(verb, rest).map((parts) => parts.join(' '));
const sentence = fc.oneof(
  command,
  rest,
  fc.tuple(rest, verb, rest).map((parts) => parts.join(' ')),
);
const garbage = fc.string({ unit: 'binary', maxLength: 300 });

describe('whatever is said', () => {
  it('is read without an error, and devices are those of the inventory, each once', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          sentence,
          garbage,
          fc.tuple(verb, garbage).map((parts) => parts.join(' ')),
        ),
        (text) => {
          const { devices } = understand(text, context);
          assert.equal(new Set(devices).size, devices.length);
          for (const device of devices) assert.equal(inventory.find(device)?.name, device);
        },
      ),
      { numRuns: 4_000 },
    );
  });

  it('acts on no device that was not typed, nor its site', () => {
    fc.assert(
      fc.property(sentence, (text) => {
        const { intent, devices } = understand(text, context);
        if (!ACTIONS.has(intent)) return;
        const typed = tokenise(normalise(text) ?? '').map(({ lower }) => lower.replace(/'s$/u, ''));
        for (const device of devices) {
          const where = inventory.find(device)?.site.toLowerCase().split(' ') ?? [];
          const isSite = where.every((part) => typed.includes(part));
          assert.ok(typed.includes(device.toLowerCase()) || isSite, `${device}: ${text}`);
        }
      }),
      { numRuns: 4_000 },
    );
  });
});

it('a site beside a name is not the whole site', () => {
  const beside = fc.constantFrom(' ', ' the ', ' my ', ' please ', ' 5pm ', ' device ', ' now ');
  const place = fc.constantFrom('hq', 'the hq', 'branch', 'New York', 'the branch site');
  const rest = fc.constantFrom('hq-fw01', 'fw01', 'hq-fw9', 'rtr', 'branch-sw01', 'core');
  const verbs = fc.constantFrom('reboot', 'get the logs of', 'restart rpd on', 'cancel the reboot of');
  fc.assert(
    fc.property(verbs, place, beside, rest, (verb, where, between, name) => {
      const text = `${verb} ${where}${between}${name}`;
      for (const device of understand(text, context).devices) assert.equal(device, name, text);
    }),
  );
});

describe('no action', () => {
  const never = (
    what: string,
    arbitrary: fc.Arbitrary<string>,
    isActive = (_: ReturnType<typeof understand>) => true,
  ) =>
    it(what, () => {
      fc.assert(
        fc.property(arbitrary, (text) => {
          const intent = understand(text, context);
          assert.ok(!ACTIONS.has(intent.intent) || !isActive(intent), `${text}: ${intent.intent}`);
        }),
        { numRuns: 3_000 },
      );
    });

  const leads = fc.constantFrom(
    ...[
      'why did',
      'why',
      'when did',
      'when',
      'did',
      'did you',
      "don't",
      'don’t',
      'dont',
      'do not',
      'never',
      'should I',
      'should we',
    ],
    ...[
      'what if',
      'what if we',
      'who',
      'who can',
      'please do not',
      "please don't",
      'could you not',
      'has',
      'have you',
      'I will',
    ],
    ...[
      'nobody',
      'no need to',
      'is it safe to',
      'will',
      'Alex said',
      'he told me to',
      'if you',
      'unless we',
      'after we',
      'fyi,',
    ],
    ...[
      'hq-fw01 rebooted after',
      'I am about to',
      "we won't",
      'how long does it take to',
      'not',
      'stop trying to',
      '>',
    ],
  );
  never(
    'follows from a question, a negation, or what others said',
    fc.tuple(leads, command).map((parts) => parts.join(' ')),
  );

  const forbidden = fc.constantFrom(
    ...split(
      'shutdown halt poweroff power-off zeroize format wipe erase upgrade downgrade rollback commit delete install',
    ),
    'shut down',
  );
  never(
    'stands beside what is never done',
    fc.tuple(command, fc.constantFrom('and', ',', ''), forbidden, name).map((parts) => parts.join(' ')),
  );
  never(
    'comes from a verb that is none of ours',
    fc
      .tuple(
        fc.oneof(forbidden, fc.constantFrom('configure', 'set', 'kill', 'disable', 'ping', 'rebot', 'power off')),
        name,
      )
      .map((parts) => parts.join(' ')),
  );
  never(
    'is half of two commands',
    fc
      .tuple(
        fc.constantFrom(
          'reboot hq-fw01',
          'restart rpd on hq-fw01',
          'get the logs of hq-fw01',
          'cancel the reboot of hq-fw01',
        ),
        fc.constantFrom(' and ', ', ', '; ', '. ', ' then ', ' and then '),
        fc.constantFrom('restart snmpd on hq-sw01', 'get the logs of hq-sw01', 'send alerts to hq-sw01'),
      )
      .filter(([first, , second]) => first.slice(0, 3) !== second.slice(0, 3))
      .map((parts) => parts.join('')),
    // A reboot may be left with a question about the rest, which is quoted in it.
    ({ when }) => when?.kind !== 'unclear',
  );
  never(
    'is complete beside a condition',
    fc
      .tuple(
        fc.constantFrom('reboot', 'restart rpd on', 'get the logs of', 'cancel the reboot of'),
        fc.constantFrom('hq-fw01', 'hq-fw01 and hq-fw02', 'everything at hq', 'all firewalls at hq'),
        fc.constantFrom(
          'if it is up',
          'unless hq-sw01 is down',
          'when it is idle',
          'but not hq-sw02',
          'except hq-fw9',
          'instead of hq-sw01',
        ),
      )
      .map((parts) => parts.join(' ')),
    ({ ask }) => ask === null,
  );
});

it('a name that is none is listed, and nothing stands in for it', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('hq-fw9', 'fw01', 'hq-fw', 'hq-fw01x', 'branch-rtr01'),
      fc.subarray(names),
      (missing, known) => {
        const { devices, unresolved } = understand(
          `reboot ${[missing, ...known.filter((each) => each !== 'depot')].join(', ')}`,
          context,
        );
        assert.deepEqual(
          devices,
          known.filter((each) => each !== 'depot'),
        );
        assert.ok(unresolved.some(({ text }) => text === missing));
      },
    ),
  );
});
