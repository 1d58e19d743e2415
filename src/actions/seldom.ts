/** Passes on the first call, and then one in so many milliseconds; those between are left out, the last one as well. */
export function seldom<Args extends unknown[]>(
  act: (...args: Args) => void,
  intervalMs: number,
  now: () => number,
): (...args: Args) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (...args) => {
    const at = now();
    // A clock that was set back must not silence it.
    if (Math.abs(at - last) < intervalMs) return;
    last = at;
    act(...args);
  };
}
