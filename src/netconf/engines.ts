import { child, find, findAll, text, type XmlElement } from './xml.ts';

export interface EngineElement {
  /** The engine that said it (`re0`, `node1`, `fpc0`, `member2`); null in a plain reply. */
  engine: string | null;
  element: XmlElement;
}

/**
 * Every element of that name, with the engine whose answer it is in: several Routing Engines, cluster nodes or members
 * answer as `multi-routing-engine-item`, sometimes beside a plain answer.
 */
export function perEngine(root: XmlElement, name: string): EngineElement[] {
  const found: EngineElement[] = [];
  const visit = (element: XmlElement, engine: string | null) => {
    const here = element.name === 'multi-routing-engine-item' ? text(child(element, 're-name')) || engine : engine;
    if (element.name === name) found.push({ engine: here, element });
    else for (const each of element.children) visit(each, here);
  };
  visit(root, null);
  return found;
}

/** One Routing Engine, cluster node or member, as far as the platform tells. */
export interface EngineFacts {
  /** `re0`, `node1`, `member2`, or as the device names it; null for an only engine, which Junos leaves unnamed. */
  name: string | null;
  /** As the device says it: `OK`. */
  state: string | null;
  /** `master`, `backup`, `primary`, `secondary`, in the device's own word; null where there is nothing to be master of. */
  mastership: string | null;
  model: string | null;
  uptimeSeconds: number | null;
  bootedAt: Date | null;
}

/** Junos writes `junos:seconds` next to the readable time: epoch seconds of an instant, or a length. */
export function secondsOf(element: XmlElement | undefined): number | null {
  const value = element?.attributes.seconds;
  return value !== undefined && /^\d{1,12}$/.test(value) ? Number(value) : null;
}

/** An instant from epoch seconds. */
export function instant(seconds: number | null): Date | null {
  return seconds === null ? null : new Date(seconds * 1000);
}

/**
 * The engines in a reply to get-route-engine-information. Slots are `re0` and `re1`, inside a member or node with its
 * name in front when it holds several: `member0-re1`. `slotName` names the slots of a Virtual Chassis, its members.
 */
export function enginesIn(root: XmlElement, slotName: 're' | 'member' = 're'): EngineFacts[] {
  const items = perEngine(root, 'route-engine-information');
  return items.flatMap(({ engine, element }) => {
    const engines = findAll(element, 'route-engine');
    return engines.map((each): EngineFacts => {
      const slot = text(child(each, 'slot'));
      const local = slot === '' ? null : `${slotName}${slot}`;
      const several = engine !== null && local !== null && engines.length > 1;
      return {
        name: several ? `${engine}-${local}` : (engine ?? local),
        state: text(child(each, 'status')) || null,
        mastership: text(child(each, 'mastership-state')).toLowerCase() || null,
        model: text(child(each, 'model')) || null,
        uptimeSeconds: secondsOf(child(each, 'up-time')),
        bootedAt: instant(secondsOf(child(each, 'start-time'))),
      };
    });
  });
}

/** The engines as the uptime tells them, for platforms without a word about Routing Engines. */
export function enginesInUptime(root: XmlElement): EngineFacts[] {
  return perEngine(root, 'system-uptime-information').map(({ engine, element }) => {
    const booted = find(element, 'system-booted-time');
    return {
      name: engine,
      state: null,
      mastership: null,
      model: null,
      uptimeSeconds: secondsOf(child(booted, 'time-length')),
      bootedAt: instant(secondsOf(child(booted, 'date-time'))),
    };
  });
}

/** Boot times of two engines of one chassis are seconds apart; both reports of one engine's are the same instant. */
const SAME_BOOT_MS = 2_000;

/**
 * The engine the session is on, when the device answers some questions for that one alone: it is the one that booted
 * when the plain answer says. Null when that does not single one out.
 */
export function engineBootedAt(engines: readonly EngineFacts[], bootedAt: Date | null): string | null {
  if (bootedAt === null) return null;
  const same = engines.filter(
    (engine) => engine.bootedAt !== null && Math.abs(engine.bootedAt.getTime() - bootedAt.getTime()) <= SAME_BOOT_MS,
  );
  return same.length === 1 ? (same[0]?.name ?? null) : null;
}
