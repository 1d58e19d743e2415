import { exceptFrom } from './except.ts';
import type { Command, Grammar } from './grammar.ts';
import type { IntentContext, When } from './intent.ts';
import { type Item, namesIn, resolved } from './named.ts';
import { type Scope, scopeAt, unsure } from './scope.ts';
import { phraseAt, type Token, textOf } from './text.ts';
import { readWhen } from './when.ts';
import { whenSpan } from './when-words.ts';
import {
  AND,
  ENDINGS,
  FORBIDDEN,
  fillerAt,
  INTERFACE,
  isVocabulary,
  KINDS,
  LINKS,
  LOOSE,
  looksLikeDevice,
  MAKES_NOUN,
  OPENING,
  OTHER_THINGS,
  OTHER_VERBS,
  PLANS,
  POLITE,
  PRONOUNS,
  siteAt,
  UNDOES,
} from './words.ts';

/** Unknown names that get suggestions; looking through the whole inventory is the one costly step here. */
const MOST_SUGGESTED = 10;

/** One pass over the tokens; each is looked at once and lands in exactly one place. */
export class Reading {
  readonly #tokens: readonly Token[];
  readonly #grammar: Grammar;
  readonly #context: IntentContext;
  #items: Item[] = [];
  readonly #own: (readonly Token[])[] = [];
  /** Places of the words whose meaning is not known. */
  readonly #loose = new Set<number>();
  /** Places of the words that tell a time. */
  readonly #timed = new Set<number>();
  /** Places of the names, known or not. */
  readonly #named = new Set<number>();
  /** Places of "router", "it" and the like without a name beside them. */
  readonly #bare: number[] = [];
  /** Places of "both". */
  readonly #both: number[] = [];
  /** Place of an "and" that nothing has followed yet. */
  #and: number | undefined;
  /** Place of the last "on" or "for"; at the end of a sentence its name is missing. */
  #link: number | undefined;
  #isPlan = false;
  #at = 0;
  #wantsDevice = true;
  #ended = false;
  /** "hq-fw01 in 5 minutes and hq-fw02": nobody can tell whether the time is for both. */
  #timeAmidNames = false;

  constructor(tokens: readonly Token[], grammar: Grammar, context: IntentContext) {
    this.#tokens = tokens;
    this.#grammar = grammar;
    this.#context = context;
  }

  /** Goes behind the verb. Undefined when something else stands in front of it. */
  readOpening(): { isPolite: boolean; verb: readonly Token[] } | undefined {
    let isPolite = false;
    while (this.#at < this.#tokens.length) {
      const verb = this.#grammar.verb(this.#tokens, this.#at);
      if (verb > 0) {
        this.#isPlan = PLANS.has(this.#word());
        this.#at += verb;
        return { isPolite, verb: this.#tokens.slice(this.#at - verb, this.#at) };
      }
      if (this.#takeTime()) continue;
      const politeness = phraseAt(this.#tokens, this.#at, POLITE);
      if (politeness > 0) isPolite = true;
      const skipped = politeness || phraseAt(this.#tokens, this.#at, OPENING) || (this.#isMark(',.!:') ? 1 : 0);
      if (skipped > 0) this.#at += skipped;
      else return undefined;
    }
    return undefined;
  }

  /** Reads to the end. False when the verb turns out to mean something else. */
  readRest(): boolean {
    const isNoun = MAKES_NOUN.has(this.#word()) && !(this.#grammar.hasLinks && LINKS.has(this.#word()));
    if (isNoun || this.#hasForbidden()) return false;
    while (this.#at < this.#tokens.length) {
      const isAfterName = !this.#ended && this.#isKnownDevice(this.#at - 1);
      if (isAfterName && (OTHER_THINGS.has(this.#word()) || ENDINGS.has(this.#word()))) return false;
      if (this.#isNextCommand()) {
        const again = this.#grammar.mayRepeat ? this.#grammar.verb(this.#tokens, this.#at) : 0;
        if (again === 0) return false;
        this.#at += again;
        continue;
      }
      if (this.#takeNext(this.#word())) continue;
      const rest = this.#tokens.slice(this.#at);
      if (this.#named.size === 0 && rest.some(({ lower }) => OTHER_THINGS.has(lower))) return false;
      if (!this.#setAsideRest()) return false;
    }
    if (this.#and !== undefined) this.#loose.add(this.#and);
    if (this.#link === this.#tokens.length - 1) this.#loose.add(this.#link);
    // "reboot the router" is a command without a device; beside names a bare "switches" would be a scope lost.
    if (this.#named.size > 0) for (const at of this.#bare) this.#loose.add(at);
    if (namesIn(this.#items) !== 2) for (const at of this.#both) this.#loose.add(at);
    return true;
  }

  /** What is never done here, wherever it stands: "reboot hq-fw01 and shut down hq-fw02". */
  #hasForbidden(): boolean {
    return this.#tokens.some(
      ({ lower }, at) => (FORBIDDEN.has(lower) || INTERFACE.test(lower)) && !this.#isKnownDevice(at),
    );
  }

  /** "… and restart routing on hq-rtr01": a second command. */
  #isNextCommand(): boolean {
    const before = this.#tokens[this.#at - 1];
    const isJoined =
      before !== undefined &&
      (AND.has(before.lower) || before.kind === 'mark' || before.lower === 'then' || this.#isKnownDevice(this.#at - 1));
    return isJoined && OTHER_VERBS.has(this.#word()) && !this.#isKnownDevice();
  }

  /** The order matters: a time before a name, a name before a filler word, a guess at a name last. */
  #takeNext(word: string): boolean {
    return (
      (!this.#ended && this.#takeOwn()) ||
      this.#takeTime() ||
      this.#takeMark() ||
      (!this.#ended && (this.#takePlace() || this.#takeScope() || this.#takeDevice(word) || this.#takeJoint(word))) ||
      this.#takeFiller() ||
      (!this.#ended && (this.#takeLink(word) || this.#takeKind(word) || this.#undo(word))) ||
      this.#takeLoose(word) ||
      (!this.#ended && this.#takeUnknownName(word))
    );
  }

  #takeOwn(): boolean {
    const taken = this.#ownAt(this.#at);
    if (taken === 0) return false;
    this.#own.push(this.#tokens.slice(this.#at, this.#at + taken));
    this.#at += taken;
    this.#and = undefined;
    return true;
  }

  #ownAt(at: number): number {
    return this.#grammar.own?.(this.#tokens, at, this.#own) ?? 0;
  }

  #takeTime(): boolean {
    const end = this.#at + whenSpan(this.#tokens, this.#at);
    const start = this.#at;
    // A device may be called like a date.
    while (this.#at < end && !this.#isKnownDevice()) {
      this.#timed.add(this.#at);
      this.#at += 1;
    }
    return this.#at > start;
  }

  #takeMark(): boolean {
    if (this.#isMark('.!?')) this.#ended = true;
    else if (this.#isMark(',;') && !this.#ended) this.#wantsDevice = true;
    else if (!this.#isMark(',;:')) return false;
    this.#at += 1;
    return true;
  }

  /** "hq-fw01 at hq" says where the device is: no second thing to act on. */
  #takePlace(): boolean {
    const { inventory } = this.#context;
    const [last] = this.#items.slice(-1);
    if (this.#wantsDevice || !last || !('device' in last) || !['at', 'in'].includes(this.#word())) return false;
    const start = this.#at + (this.#tokens[this.#at + 1]?.lower === 'the' ? 2 : 1);
    const taken = siteAt(this.#tokens, start, inventory);
    const site = textOf(this.#tokens.slice(start, start + taken)).toLowerCase();
    if (taken === 0 || inventory.find(last.device)?.site.toLowerCase() !== site) return false;
    this.#at = start + taken;
    return true;
  }

  /** "all", "everything", a site, and what belongs to it ("all switches at hq"). */
  #takeScope(): boolean {
    const scope = scopeAt(this.#tokens, this.#at, this.#context.inventory);
    if (!scope) return false;
    if (this.#takeSplitName(scope)) return true;
    // "hq-fw01 hq": the site may only say where the device is.
    const isBeside = scope.isBareSite && this.#isBesideName();
    const meant = isBeside ? unsure(scope) : (this.#leftOf(scope) ?? scope);
    this.#takeItem({ scope: meant }, meant.next);
    // "everything hq-fw01 depends on": the name is part of a description.
    return this.#isKnownDevice() && !scope.isBareSite ? this.#setAsideRest() : true;
  }

  /** A device that is named as well is not left out of anything: nobody can tell what is meant. */
  #leftOf(scope: Scope): Scope | undefined {
    const left = exceptFrom(scope, this.#tokens, this.#context.inventory);
    const named = new Set(this.#items.flatMap((item) => ('device' in item ? item.device : [])));
    const isSure = left && scope.members.every((name) => left.members.includes(name) || !named.has(name));
    return isSure ? left : undefined;
  }

  /** "hq fw01" is a name with a blank in it, and nothing of it is the whole site. */
  #takeSplitName({ next, text, isBareSite, members }: Scope): boolean {
    const rest = this.#tokens[next];
    if (rest?.kind !== 'word' || isVocabulary(rest.lower) || this.#isKnownDevice(next)) return false;
    if (!isBareSite && (members.length === 0 || !looksLikeDevice(rest.lower))) return false;
    if (this.#ownAt(next) + fillerAt(this.#tokens, next) + whenSpan(this.#tokens, next) > 0) return false;
    const near = isBareSite ? this.#context.inventory.suggest(`${text}-${rest.text}`.replaceAll(' ', '-')) : members;
    this.#takeItem({ unresolved: { text: `${text} ${rest.text}`, suggestions: near } }, next + 1);
    return true;
  }

  /** Behind a name, without an "and" or a comma between. */
  #isBesideName(): boolean {
    return this.#named.size > 0 && !this.#wantsDevice;
  }

  #takeDevice(word: string): boolean {
    if (!this.#isKnownDevice()) return false;
    const device = this.#context.inventory.find(word);
    if (device) this.#takeItem({ device: device.name }, this.#at + 1);
    return device !== undefined;
  }

  #isKnownDevice(at = this.#at): boolean {
    const word = this.#tokens[at]?.lower ?? '';
    return !isVocabulary(word) && this.#context.inventory.find(word) !== undefined;
  }

  #takeJoint(word: string): boolean {
    // "& thx" joins nothing.
    if (!AND.has(word) || fillerAt(this.#tokens, this.#at) > 0) return false;
    this.#and = this.#at;
    this.#wantsDevice = true;
    this.#at += 1;
    return true;
  }

  #takeFiller(): boolean {
    const skipped = fillerAt(this.#tokens, this.#at);
    this.#at += skipped;
    return skipped > 0;
  }

  #takeLink(word: string): boolean {
    // "schedule a reboot of hq-fw01 for 17:00"
    const isForTime = word === 'for' && this.#isPlan && whenSpan(this.#tokens, this.#at + 1) > 0;
    if (isForTime) this.#at += 1;
    if (isForTime || !this.#grammar.hasLinks || !LINKS.has(word)) return isForTime;
    // "logs from hq-fw01 at branch": another place than the device's is no second device.
    if (this.#isBesideName() && siteAt(this.#tokens, this.#at + 1, this.#context.inventory) > 0) return false;
    this.#wantsDevice = true;
    this.#link = this.#at;
    this.#at += 1;
    return true;
  }

  #takeKind(word: string): boolean {
    if (!KINDS.has(word) && !PRONOUNS.has(word)) return false;
    const next = this.#tokens[this.#at + 1];
    const isBefore = this.#isKnownDevice(this.#at + 1) || (next?.kind === 'word' && looksLikeDevice(next.lower));
    // "the hq-rtr01 router" is one device; "hq-fw01 switches" is something else.
    const isBehind = this.#isKnownDevice(this.#at - 1) && !word.endsWith('s');
    if (PRONOUNS.has(word) || !(isBefore || isBehind)) this.#bare.push(this.#at);
    this.#at += 1;
    return true;
  }

  #undo(word: string): boolean {
    if (!UNDOES.has(word)) return false;
    for (const at of this.#named) this.#loose.add(at);
    this.#named.clear();
    this.#items = [];
    return this.#setAsideRest();
  }

  #takeLoose(word: string): boolean {
    if (!LOOSE.has(word)) return false;
    this.#both.push(this.#at);
    this.#at += 1;
    return true;
  }

  /** Something where a name belongs: listed with what it may have been, never replaced by it. */
  #takeUnknownName(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (!token || token.kind === 'mark' || isVocabulary(word)) return false;
    const suggestions = this.#items.length < MOST_SUGGESTED ? this.#context.inventory.suggest(word) : [];
    const isName = this.#wantsDevice
      ? looksLikeDevice(word) || this.#isLastOfItem(this.#at + 1)
      : // Behind a name without an "and" it may be a part of that device, as in "hq-fw01 node0".
        looksLikeDevice(word) && suggestions.length > 0;
    if (isName) this.#takeItem({ unresolved: { text: token.text, suggestions } }, this.#at + 1);
    return isName;
  }

  /** "reboot fred and …": one word, then the end, a joint, a time or a courtesy. More words are a description. */
  #isLastOfItem(at: number): boolean {
    const token = this.#tokens[at];
    if (token === undefined || token.kind === 'mark' || AND.has(token.lower)) return true;
    return whenSpan(this.#tokens, at) > 0 || fillerAt(this.#tokens, at) > 0;
  }

  #takeItem(item: Item, end: number): void {
    const last = this.#items.at(-1);
    // "hq hq-fw01", "hq the fw01": what stands beside a name says no more than where it is.
    if (last && 'scope' in last && this.#isBesideName()) this.#items.splice(-1, 1, { scope: unsure(last.scope) });
    this.#items.push(item);
    const lastName = Math.max(-1, ...this.#named);
    const isAfterTime = lastName >= 0 && [...this.#timed].some((at) => at > lastName);
    if (isAfterTime) this.#timeAmidNames = true;
    for (; this.#at < end; this.#at += 1) this.#named.add(this.#at);
    this.#wantsDevice = false;
    this.#and = undefined;
  }

  /** False when there is a second command in it. */
  #setAsideRest(): boolean {
    for (; this.#at < this.#tokens.length; this.#at += 1) {
      if (this.#isNextCommand()) return false;
      this.#loose.add(this.#at);
    }
    return true;
  }

  #word(): string {
    return this.#tokens[this.#at]?.lower ?? '';
  }

  #isMark(marks: string): boolean {
    const token = this.#tokens[this.#at];
    return token?.kind === 'mark' && marks.includes(token.text);
  }

  result(): Omit<Command, 'verb' | 'isPolite'> {
    const isClear = this.#loose.size === 0;
    return { ...resolved(this.#items, isClear), when: this.#when(), own: this.#own, isClear };
  }

  #when(): When {
    const said = (places: Iterable<number>) =>
      [...places].sort((a, b) => a - b).flatMap((at) => this.#tokens[at] ?? []);
    if (this.#loose.size === 0 && !this.#timeAmidNames) return readWhen(said(this.#timed), this.#context);
    return { kind: 'unclear', text: textOf(said([...this.#loose, ...this.#timed])), choices: [], reason: 'unknown' };
  }
}
