import { setTimeout as delay } from 'node:timers/promises';
import { alex, chat, Site } from '../test/crash/site.ts';
import { wordsOf } from '../test/fakes/connector.ts';
import type { SoakResult } from './soak.ts';

const ENDS = ['Done', 'Refused', 'Failed', 'Unknown'];
/** A job takes about this long, so that kills fall on every step of it. */
const SPREAD_MS = 4_000;

/**
 * Kills the bot with SIGKILL at moments spread over a whole reboot, starts it again, and looks at what became of it:
 * the step it was in, how often the device was asked, what the card says in the end.
 */
export async function kill9Reboot({ kills }: { kills: number }): Promise<SoakResult> {
  const problems: string[] = [];
  const table: Record<string, Record<string, number>> = {};
  for (let n = 0; n < kills; n += 1) {
    const site = await Site.open({ devices: { 'hq-fw01': { downMs: 1_500 } } });
    try {
      site.folder.device('hq-fw01').state.latencyMs = 150;
      const first = await site.start();
      const card = await site.teams.ask(alex, chat, 'reboot hq-fw01');
      await site.teams.click(alex, chat, card, 'Reboot now');
      await delay((n * SPREAD_MS) / kills);
      await first.signal('SIGKILL');
      const step = String(site.folder.rows('SELECT status FROM jobs')[0]?.status);
      await site.start();
      const last = await site.connector.waitFor(
        ({ activityId, activity }) =>
          activityId === card.activityId &&
          wordsOf(activity)
            .split('\n')
            .some((line) => ENDS.includes(line)),
      );
      const asked = site.folder.count('hq-fw01');
      const end =
        wordsOf(last.activity)
          .split('\n')
          .find((line) => ENDS.includes(line)) ?? '';
      if (asked !== 1) problems.push(`killed while ${step}: asked ${asked} times, ${end}`);
      if (end !== 'Done') problems.push(`killed while ${step}: ${end}`);
      const row = `${step}: asked ${asked}, ${end}`;
      table[step] = { ...table[step], [row]: (table[step]?.[row] ?? 0) + 1 };
    } finally {
      await site.close();
    }
  }
  return { soak: 'kill9-reboot', problems, seen: { kills, table } };
}
