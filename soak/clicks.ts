import { Assistant } from '../test/fakes/assistant.ts';
import { newPerson, personalChat } from '../test/fakes/teams.ts';
import type { SoakResult } from './soak.ts';

export interface ClicksOptions {
  devices: number;
  rounds: number;
}

/**
 * Cards that are clicked two or three times in the same moment, all devices at once, over real HTTP and SSH: each may
 * restart its process once, by the devices' own records.
 */
export async function clicks({ devices, rounds }: ClicksOptions): Promise<SoakResult> {
  const names = Array.from({ length: devices }, (_, n) => `click-fw${String(n + 1).padStart(2, '0')}`);
  const assistant = await Assistant.start({ devices: Object.fromEntries(names.map((name) => [name, {}])) });
  const problems: string[] = [];
  let clicked = 0;
  let started = 0;
  try {
    for (let round = 1; round <= rounds; round += 1) {
      const cards = await Promise.all(
        names.map(async (name) => {
          const person = newPerson('Alex Wilber');
          const chat = personalChat(person);
          return { name, person, chat, card: await assistant.teams.ask(person, chat, `restart routing on ${name}`) };
        }),
      );
      const answers = await Promise.all(
        cards.flatMap(({ person, chat, card }, n) =>
          Array.from({ length: n % 2 === 0 ? 2 : 3 }, () => assistant.teams.click(person, chat, card, /^Restart/)),
        ),
      );
      clicked += answers.length;
      started += answers.filter(({ type }) => type === 'application/vnd.microsoft.card.adaptive').length;
      await Promise.all(names.map((name) => assistant.logged(ended(name, round))));
      for (const name of names) {
        const sent = assistant.folder.count(name, 'restart-daemon');
        if (sent !== round) problems.push(`${name}: ${sent} restarts after ${round} cards`);
      }
    }
    const cards = devices * rounds;
    if (started !== cards) problems.push(`${started} clicks of ${cards} cards started something`);
    const jobs = assistant.folder.rows('SELECT status, count(*) AS jobs FROM jobs GROUP BY status');
    return { soak: 'clicks', problems, seen: { cards, clicked, started, jobs } };
  } finally {
    await assistant.close();
  }

  /** The job of this device that ended in this round. */
  function ended(name: string, round: number) {
    return () => assistant.log.filter(({ msg, device }) => msg === 'job ended' && device === name).length >= round;
  }
}
