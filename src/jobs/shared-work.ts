/** One who takes part in a piece of work. */
interface Member<Result> {
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

interface Work<Who, Result> {
  members: Map<Who, Member<Result>>;
  abort: AbortController;
  ended: Promise<void>;
}

/**
 * Work that changes nothing and that several want: whoever asks for what is under way already takes part in it. It goes
 * on until the last of them has left.
 */
export class SharedWork<Who, Result> {
  readonly #works = new Map<string, Work<Who, Result>>();

  /** Those who take part in it, in the order they came; empty when it is not under way. */
  members(key: string): Who[] {
    return [...(this.#works.get(key)?.members.keys() ?? [])];
  }

  /** Those who take part in anything. */
  all(): Who[] {
    return [...this.#works.values()].flatMap(({ members }) => [...members.keys()]);
  }

  /**
   * Takes part; the first one's `begin` does the work. Resolves with its result, or with what `leave` says. Work that
   * everybody has left comes to its end first, and is begun anew then.
   */
  join(key: string, who: Who, begin: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const found = this.#works.get(key);
    if (found?.abort.signal.aborted) return found.ended.then(() => this.join(key, who, begin));
    const work = found ?? { members: new Map(), abort: new AbortController(), ended: Promise.resolve() };
    const mine = new Promise<Result>((resolve, reject) => work.members.set(who, { resolve, reject }));
    if (!found) {
      this.#works.set(key, work);
      work.ended = this.#carryOut(key, work, begin);
    }
    return mine;
  }

  /**
   * Ends one's part: at once with `whileOthersGoOn`, or, for the last one, when the work has come to its end, with what
   * `atTheEnd` makes of that. False when this one takes no part in anything.
   */
  leave(who: Who, whileOthersGoOn: Result, atTheEnd: (result: Result) => Result): boolean {
    const found = [...this.#works.values()].find(({ members }) => members.has(who));
    const member = found?.members.get(who);
    if (!found || !member || found.abort.signal.aborted) return false;
    if (found.members.size > 1) {
      found.members.delete(who);
      member.resolve(whileOthersGoOn);
    } else {
      found.members.set(who, { ...member, resolve: (result) => member.resolve(atTheEnd(result)) });
      found.abort.abort();
    }
    return true;
  }

  async #carryOut(
    key: string,
    work: Work<Who, Result>,
    begin: (signal: AbortSignal) => Promise<Result>,
  ): Promise<void> {
    const ended = (tell: (member: Member<Result>) => void) => {
      this.#works.delete(key);
      for (const member of work.members.values()) tell(member);
    };
    try {
      const result = await begin(work.abort.signal);
      ended(({ resolve }) => resolve(result));
    } catch (error) {
      ended(({ reject }) => reject(error));
    }
  }
}
