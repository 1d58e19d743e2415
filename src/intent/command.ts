import { durationAt } from './duration.ts';
import type { IntentContext, Unresolved, When } from './intent.ts';
import type { Matcher } from './pattern.ts';
import { devicesAt, kindOf, ofKind } from './sites.ts';
import { phraseAt, type Token, textOf } from './text.ts';
import { readWhen } from './when.ts';
import { whenSpan } from './when-words.ts';
import {
  AND,
  FILLER,
  isVocabulary,
  KINDS,
  LOOSE,
  looksLikeDevice,
  MAKES_NOUN,
  OPENING,
  OTHER_THINGS,
  POLITE,
  PRONOUNS,
  QUANTITIES,
  siteAt,
  UNDOES,
} from './words.ts';

/** What a command says: on which devices, when. A time that nobody said is now. */
export interface Command {
  devices: string[];
  unresolved: Unresolved[];
  when: When;
}

export interface CommandOptions {
  /** Words with a meaning of their own in this command, such as the names of processes: how many stand at a place. */
  own?: (tokens: readonly Token[], at: number, place: 'before-verb' | 'behind-verb') => number;
  /** True for what only looks: "any events of hq-fw01?" needs no "can you". */
  mayAsk?: boolean;
  /** True where the name of a site alone means all of it: "show reboots at hq" harms nobody. */
  wholeSites?: boolean;
}

/** Unknown names that get suggestions; looking through the whole inventory is the one costly step here. */
const MOST_SUGGESTED = 10;

/**
 * Reads a command: opening, verb, then devices and times in any order. Undefined when it is not one: the
 * verb must be the first thing that counts, so questions, negations and statements fall out here.
 *
 * Behind the verb every word is accounted for. A word without a known meaning ends the list of devices, because
 * what follows may say the opposite ("but not hq-fw02", "if hq-fw02 is up"), and it makes the time unclear, so
 * that the person is asked and sees the words that were not understood.
 */
export function readCommand(
  tokens: readonly Token[],
  verb: Matcher,
  context: IntentContext,
  options: CommandOptions = {},
): Command | undefined {
  const reading = new Reading(tokens, context, options);
  const opening = reading.readOpening(verb);
  if (!opening) return undefined;
  const isQuestion = tokens.some(({ text }) => text === '?');
  if (isQuestion && !opening.polite && !options.mayAsk) return undefined;
  if (!reading.readRest()) return undefined;
  return { devices: reading.devices, unresolved: reading.unresolved, when: reading.when() };
}

/** One pass over the tokens; each is looked at once and lands in exactly one place. */
class Reading {
  readonly devices: string[] = [];
  readonly unresolved: Unresolved[] = [];
  readonly #tokens: readonly Token[];
  readonly #context: IntentContext;
  readonly #own: NonNullable<CommandOptions['own']>;
  readonly #wholeSites: boolean;
  /** Places of the words whose meaning is not known. */
  readonly #loose = new Set<number>();
  /** Places of the words that tell a time. */
  readonly #timed = new Set<number>();
  /** Places of the names, known or not. */
  readonly #named = new Set<number>();
  /** Places of "router", "it" and the like without a name beside them. */
  readonly #bare: number[] = [];
  /** Place of an "and" that nothing has followed yet. */
  #and: number | undefined;
  #at = 0;
  #wantsDevice = true;
  #ended = false;
  /** "everything at hq and branch": a site behind a site is meant whole as well. */
  #isAfterSite = false;
  /** "hq-fw01 in 5 minutes and hq-fw02": nobody can tell whether the time is for both. */
  #timeAmidNames = false;

  constructor(tokens: readonly Token[], context: IntentContext, { own = () => 0, wholeSites = false }: CommandOptions) {
    this.#tokens = tokens;
    this.#context = context;
    this.#own = own;
    this.#wholeSites = wholeSites;
  }

  /** Goes behind the verb. Undefined when something else stands in front of it. */
  readOpening(verb: Matcher): { polite: boolean } | undefined {
    let polite = false;
    while (this.#at < this.#tokens.length) {
      const words = verb(this.#tokens, this.#at);
      if (words > 0) {
        this.#at += words;
        return { polite };
      }
      if (this.#takeOwn('before-verb')) continue;
      if (this.#takeTime()) continue;
      const politeness = phraseAt(this.#tokens, this.#at, POLITE);
      if (politeness > 0) polite = true;
      const skipped = politeness || phraseAt(this.#tokens, this.#at, OPENING) || (this.#isMark(',.!:') ? 1 : 0);
      if (skipped > 0) this.#at += skipped;
      else return undefined;
    }
    return undefined;
  }

  /** Reads to the end. False when the verb turns out to mean something else. */
  readRest(): boolean {
    if (MAKES_NOUN.has(this.#word())) return false;
    while (this.#at < this.#tokens.length) {
      if (!this.#ended && OTHER_THINGS.has(this.#word()) && this.#isKnownDevice(this.#at - 1)) return false;
      if (this.#takeNext(this.#word())) continue;
      const rest = this.#tokens.slice(this.#at);
      if (this.#named.size === 0 && rest.some(({ lower }) => OTHER_THINGS.has(lower))) return false;
      this.#setAsideRest();
    }
    if (this.#and !== undefined) this.#loose.add(this.#and);
    // "reboot the router" is a command without a device; beside names a bare "switches" would be a scope lost.
    if (this.#named.size > 0) for (const at of this.#bare) this.#loose.add(at);
    return true;
  }

  /** The order matters: a time before a name, a name before a filler word, a guess at a name last. */
  #takeNext(word: string): boolean {
    return (
      (!this.#ended && this.#takeOwn('behind-verb')) ||
      this.#takeTime() ||
      this.#takeMark() ||
      (!this.#ended && (this.#takeQuantity(word) || this.#takeDevice(word) || this.#takeJoint(word))) ||
      this.#takeFiller() ||
      (!this.#ended && (this.#takeKind(word) || this.#undo(word))) ||
      this.#takeLoose(word) ||
      (!this.#ended && this.#takeUnknownName(word))
    );
  }

  #takeOwn(place: 'before-verb' | 'behind-verb'): boolean {
    const taken = this.#own(this.#tokens, this.#at, place);
    this.#at += taken;
    if (taken > 0) this.#and = undefined;
    return taken > 0;
  }

  #takeTime(): boolean {
    const start = this.#at;
    // "a reboot for 5pm"; but "for 30 minutes" is no time at which something happens.
    if (this.#word() === 'for' && whenSpan(this.#tokens, start + 1) > 0 && !durationAt(this.#tokens, start + 1)) {
      this.#at += 1;
    }
    const end = this.#at + whenSpan(this.#tokens, this.#at);
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

  /**
   * "everything at hq", "all switches at branch", "the branch site": the site's devices. "all" and "everything" without
   * a site, or a site's name alone, are for the person to spell out.
   */
  #takeQuantity(word: string): boolean {
    const { inventory } = this.#context;
    const start = this.#at;
    const isAll = QUANTITIES.has(word);
    const isPlural = KINDS.has(word) && word.endsWith('s') && !this.#isKnownDevice(start - 1);
    let end = start + (isAll || isPlural ? 1 : siteAt(this.#tokens, start, inventory));
    if (end === start) return false;
    for (let more = this.#quantityMore(end); more > 0; more = this.#quantityMore(end)) end += more;
    const said = this.#tokens.slice(start, end);
    const site = this.#siteIn(start, end);
    // "the switches hq-sw01 and hq-sw02": a kind beside names, not a number of them.
    if (isPlural && site === undefined) return false;
    const text = textOf(said);
    const isScope =
      this.#wholeSites ||
      isAll ||
      isPlural ||
      said.some(({ lower }) => lower === 'site' || lower === 'sites') ||
      this.#isAfterSite;
    // A device called like a site: the person has to say which of the two.
    const namesake = inventory.find(text)?.name;
    const here = site === undefined ? [] : devicesAt(inventory, site);
    const kind = said.map(({ lower }) => kindOf(lower)).find((each) => each !== null) ?? null;
    const found = isScope && namesake === undefined ? ofKind(here, kind) : [];
    this.#isAfterSite = isScope && site !== undefined;
    if (found.length > 0) {
      for (const name of found) if (!this.devices.includes(name)) this.devices.push(name);
      this.#takeName(end);
    } else this.#takeUnresolved(end, text, namesake ? [namesake] : here.slice(0, MOST_SUGGESTED));
    // "everything hq-fw01 depends on": the name is part of a description.
    if (this.#isKnownDevice()) this.#setAsideRest();
    return true;
  }

  /** The one site that these words name; undefined when none or several do. */
  #siteIn(start: number, end: number): string | undefined {
    const { inventory } = this.#context;
    const found = new Set<string>();
    for (let at = start; at < end; at += 1) {
      const length = siteAt(this.#tokens, at, inventory);
      if (length === 0) continue;
      const name = this.#tokens
        .slice(at, at + length)
        .map(({ lower }) => lower)
        .join(' ');
      const site = inventory.sites().find((each) => each.toLowerCase() === name);
      if (site !== undefined) found.add(site);
      at += length - 1;
    }
    return found.size === 1 ? [...found][0] : undefined;
  }

  #quantityMore(at: number): number {
    const word = this.#tokens[at]?.lower ?? '';
    if (KINDS.has(word) || ['the', 'of', 'our', 'sites', 'site'].includes(word)) return 1;
    const site = siteAt(this.#tokens, at, this.#context.inventory);
    if (site > 0 || !['at', 'in', 'on', 'from'].includes(word)) return site;
    const next = this.#tokens[at + 1]?.lower === 'the' ? at + 2 : at + 1;
    const after = siteAt(this.#tokens, next, this.#context.inventory);
    return after > 0 ? after + next - at : 0;
  }

  #takeDevice(word: string): boolean {
    if (!this.#isKnownDevice()) return false;
    const device = this.#context.inventory.find(word);
    if (device && !this.devices.includes(device.name)) this.devices.push(device.name);
    this.#isAfterSite = false;
    this.#takeName(this.#at + 1);
    return true;
  }

  #isKnownDevice(at = this.#at): boolean {
    const word = this.#tokens[at]?.lower ?? '';
    return !isVocabulary(word) && this.#context.inventory.find(word) !== undefined;
  }

  #takeJoint(word: string): boolean {
    if (!AND.has(word)) return false;
    this.#and = this.#at;
    this.#wantsDevice = true;
    this.#at += 1;
    return true;
  }

  #takeFiller(): boolean {
    const skipped = phraseAt(this.#tokens, this.#at, FILLER);
    this.#at += skipped;
    return skipped > 0;
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
    this.devices.length = 0;
    this.unresolved.length = 0;
    this.#setAsideRest();
    return true;
  }

  #takeLoose(word: string): boolean {
    if (!LOOSE.has(word)) return false;
    this.#setAside();
    return true;
  }

  /** Something where a name belongs: listed with what it may have been, never replaced by it. */
  #takeUnknownName(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (!token || token.kind === 'mark' || isVocabulary(word)) return false;
    const suggestions = this.unresolved.length < MOST_SUGGESTED ? this.#context.inventory.suggest(word) : [];
    const isName = this.#wantsDevice
      ? looksLikeDevice(word) || this.#isLastOfItem(this.#at + 1)
      : // Behind a name without an "and" it may be a part of that device, as in "hq-fw01 node0".
        looksLikeDevice(word) && suggestions.length > 0;
    if (isName) this.#takeUnresolved(this.#at + 1, token.text, suggestions);
    return isName;
  }

  /** "reboot fred and …": one word, then the end, a joint, a time or a courtesy. More words are a description. */
  #isLastOfItem(at: number): boolean {
    const token = this.#tokens[at];
    if (token === undefined || token.kind === 'mark' || AND.has(token.lower)) return true;
    return whenSpan(this.#tokens, at) > 0 || phraseAt(this.#tokens, at, FILLER) > 0;
  }

  #takeUnresolved(end: number, text: string, suggestions: string[]): void {
    const isListed = this.unresolved.some((other) => other.text.toLowerCase() === text.toLowerCase());
    if (!isListed) this.unresolved.push({ text, suggestions });
    this.#takeName(end);
  }

  #takeName(end: number): void {
    const lastName = Math.max(-1, ...this.#named);
    const isAfterTime = lastName >= 0 && [...this.#timed].some((at) => at > lastName);
    if (isAfterTime) this.#timeAmidNames = true;
    for (; this.#at < end; this.#at += 1) this.#named.add(this.#at);
    this.#wantsDevice = false;
    this.#and = undefined;
  }

  #setAside(): void {
    this.#loose.add(this.#at);
    this.#at += 1;
  }

  #setAsideRest(): void {
    while (this.#at < this.#tokens.length) this.#setAside();
  }

  #word(): string {
    return this.#tokens[this.#at]?.lower ?? '';
  }

  #isMark(marks: string): boolean {
    const token = this.#tokens[this.#at];
    return token?.kind === 'mark' && marks.includes(token.text);
  }

  when(): When {
    const said = (places: Iterable<number>) =>
      [...places].sort((a, b) => a - b).flatMap((at) => this.#tokens[at] ?? []);
    if (this.#loose.size === 0 && !this.#timeAmidNames) return readWhen(said(this.#timed), this.#context);
    return { kind: 'unclear', text: textOf(said([...this.#loose, ...this.#timed])), choices: [], reason: 'unknown' };
  }
}
