import assert from 'node:assert/strict';
import { sign } from '../../src/events/verify.ts';
import { eventBody } from '../fakes/assistant.ts';
import { Connector, type ConnectorRequest, wordsOf } from '../fakes/connector.ts';
import { Folder, type FolderOptions, WEBHOOK_SECRET } from '../fakes/folder.ts';
import { newPerson, personalChat, Teams } from '../fakes/teams.ts';
import { Program } from './program.ts';

export const alex = newPerson('Alex Wilber');
export const chat = personalChat(alex);

/** A folder, its devices and a connector that stay, and programs that come and go. */
export class Site {
  readonly folder: Folder;
  readonly connector: Connector;
  readonly teams: Teams;
  readonly programs: Program[] = [];
  readonly #env: Record<string, string>;
  #url = '';

  private constructor(folder: Folder, connector: Connector, env: Record<string, string>) {
    this.folder = folder;
    this.#env = env;
    this.connector = connector;
    this.teams = new Teams(() => this.#url, connector);
  }

  /** `env` is the programs' beside the master password. */
  static async open(options: FolderOptions = {}, env: Record<string, string> = {}): Promise<Site> {
    return new Site(await Folder.make(options), await Connector.start(), env);
  }

  /** A program on its way up. */
  launch(flags: readonly string[] = []): Program {
    const program = new Program(this.folder.dir, this.#env, flags);
    this.programs.push(program);
    void program.ready.then(
      (url) => {
        this.#url = url;
      },
      () => {},
    );
    return program;
  }

  async start(flags: readonly string[] = []): Promise<Program> {
    const program = this.launch(flags);
    await program.ready;
    return program;
  }

  get url(): string {
    return this.#url;
  }

  async event(message: string): Promise<number> {
    const body = eventBody({ message });
    const headers = { 'Content-Type': 'application/json', 'Junos-Auth': sign(body, WEBHOOK_SECRET) };
    const response = await fetch(`${this.#url}/webhooks/junos`, { method: 'POST', headers, body });
    assert.equal(response.status, 202);
    return ((await response.json()) as { id: number }).id;
  }

  /** Asked for and confirmed: the job is under way when this returns. */
  async confirmed(text = 'reboot hq-fw01'): Promise<ConnectorRequest> {
    const card = await this.teams.ask(alex, chat, text);
    const { value } = await this.teams.click(
      alex,
      chat,
      card,
      /in \d+ minutes?$/.test(text) ? /^Reboot at / : 'Reboot now',
    );
    assert.match(wordsOf(value as object), /In progress|Starting/);
    return card;
  }

  /** The card when it shows this word: the end of its job. */
  endOf(card: ConnectorRequest, word: string): Promise<ConnectorRequest> {
    return this.connector.waitFor(
      ({ activityId, activity }) => activityId === card.activityId && wordsOf(activity).split('\n').includes(word),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.signal('SIGKILL')));
    await this.connector.close();
    await this.folder.close();
  }
}

/** Runs on a site of its own. */
export async function onSite(
  run: (site: Site) => Promise<void>,
  options: FolderOptions = {},
  env: Record<string, string> = {},
): Promise<void> {
  const site = await Site.open(options, env);
  try {
    await run(site);
  } finally {
    await site.close();
  }
}
