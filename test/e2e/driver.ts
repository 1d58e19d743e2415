import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Locator, Page, Route } from 'playwright-core';
import { BOT, NAMES, PEOPLE, type PlaygroundPerson } from '../../simulator/playground-people.ts';
import { type Browser, launchBrowser } from './browser.ts';
import { type ConversationKind, sendAs } from './send-as.ts';

export type TextMatch = string | RegExp;

export interface TeamsClientOptions {
  /** Chromium's program file. */
  executablePath: string;
  /** The Playground's address. */
  url: string;
  /** The folder for screenshots; default `test-results/e2e`. */
  screenshots?: string;
  /** How long any single wait may take; default 30,000. */
  timeoutMs?: number;
}

/** A card, but not one that another card unfolds (Action.ShowCard). */
const CARD = '.ac-adaptiveCard:not(.ac-adaptiveCard .ac-adaptiveCard)';

/** Cards have text boxes too; only the composer is a rich one. */
const COMPOSER = '[role=textbox][contenteditable]';

/** Tree rows as a screen reader announces them. */
const ROW: Record<ConversationKind, string> = {
  personal: 'Personal Chat',
  group: NAMES.group,
  channel: `${NAMES.team} - ${NAMES.alerts}`,
};

/** A person in front of the Playground, in a real browser. */
export class TeamsClient {
  readonly page: Page;
  /** Addresses off this machine that the page asked for. They were refused. */
  readonly refused: string[] = [];
  readonly #browser: Browser;
  readonly #screenshots: string;
  #kind: ConversationKind = 'personal';
  #person: PlaygroundPerson = PEOPLE.alex;

  private constructor(browser: Browser, page: Page, screenshots: string) {
    this.#browser = browser;
    this.page = page;
    this.#screenshots = screenshots;
  }

  /** Opens the Playground's page, with the personal chat in front. */
  static async open(options: TeamsClientOptions): Promise<TeamsClient> {
    const { executablePath, url, screenshots = 'test-results/e2e', timeoutMs = 30_000 } = options;
    const browser = await launchBrowser(executablePath);
    browser.context.setDefaultTimeout(timeoutMs);
    const page = browser.context.pages()[0] ?? (await browser.context.newPage());
    const client = new TeamsClient(browser, page, screenshots);
    try {
      await browser.context.route('**/*', (route) => client.#onRequest(route));
      // Its fonts come from the internet, so `load` and `networkidle` would wait for nothing.
      // The suites start side by side, and two browsers that open at once on two cores take their time.
      await page.goto(url, { waitUntil: 'domcontentloaded', timeout: 60_000 });
      await page.getByRole('button', { name: 'Hide log panel' }).click();
      await client.openConversation('personal');
    } catch (error) {
      await client.close();
      throw error;
    }
    return client;
  }

  /** The first visit tells the bot that it was installed there; before that it cannot write to a group or a channel. */
  async openConversation(kind: ConversationKind): Promise<void> {
    await this.page.getByRole('treeitem', { name: ROW[kind] }).click();
    await this.page.getByRole('button', { name: kind === 'channel' ? 'Post' : 'Send Message', exact: true }).waitFor();
    this.#kind = kind;
  }

  /** From now on this person sends and clicks. The Playground's own page knows one person only: see `#onRequest`. */
  actAs(person: PlaygroundPerson): void {
    this.#person = person;
  }

  /** Sends a text, in a group with a mention of the bot, in a channel as a new post with a mention. */
  async send(text: string): Promise<void> {
    if (this.#person !== PEOPLE.alex) return sendAs(this.page, this.#person, this.#kind, text);
    const channel = this.#kind === 'channel';
    await this.#type(this.page.locator('body'), text, channel ? 'Post' : 'Send Message');
  }

  /** Answers in the channel's newest thread that shows `thread`, with a mention of the bot. */
  async reply(thread: TextMatch, text: string): Promise<void> {
    await this.#type(this.threads(thread).first(), text, 'Send Message');
  }

  /** The cards of the open conversation, in the order of the page. */
  cards(text?: TextMatch): Locator {
    return filtered(this.page.locator(CARD), text);
  }

  /** The channel's posts (that show `text`), each with its answers, newest first. */
  threads(text?: TextMatch): Locator {
    return filtered(this.page.getByRole('group').filter({ has: this.page.locator(COMPOSER) }), text);
  }

  /** The newest card (that shows `text`). A channel has its newest thread on top, and the newest answer below in it. */
  lastCard(text?: TextMatch): Locator {
    if (this.#kind !== 'channel') return this.cards(text).last();
    const withCard = this.threads().filter({ has: this.cards(text) });
    return filtered(withCard.first().locator(CARD), text).last();
  }

  /** The newest card that shows `text`, once there is one. */
  async waitForCard(text: TextMatch, timeoutMs?: number): Promise<Locator> {
    const card = this.lastCard(text);
    await card.waitFor({ timeout: timeoutMs });
    await card.scrollIntoViewIfNeeded();
    return card;
  }

  /** A text in the open conversation, in or outside a card. */
  async waitForText(text: TextMatch, timeoutMs?: number): Promise<Locator> {
    // The tree on the left shows the beginning of every chat's last message.
    const found = this.page.getByText(text).and(this.page.locator(':not([role=tree] *)')).last();
    await found.waitFor({ timeout: timeoutMs });
    return found;
  }

  /** Presses a button of the newest card that shows `text` (or of the newest card). Teams folds the seventh and later. */
  async clickAction(title: string, text?: TextMatch): Promise<void> {
    const card = text === undefined ? this.lastCard() : await this.waitForCard(text);
    const button = card.getByRole('button', { name: title, exact: true });
    const more = card.getByRole('button', { name: 'More options' });
    await button.or(more).first().waitFor();
    if ((await button.count()) > 0) return button.click();
    await more.click();
    await this.page.getByText(title, { exact: true }).last().click();
  }

  /** Writes NAME.png: the page, or one element of it. Returns the file. */
  async screenshot(name: string, element?: Locator): Promise<string> {
    const path = join(this.#screenshots, `${name}.png`);
    await mkdir(dirname(path), { recursive: true });
    await (element ?? this.page).screenshot({ path, animations: 'disabled' });
    return path;
  }

  close(): Promise<void> {
    return this.#browser.close();
  }

  async #type(where: Locator, text: string, button: string): Promise<void> {
    const box = where.locator(COMPOSER).first();
    await box.click();
    if (this.#kind !== 'personal') {
      // Only a mention picked with the mouse becomes one; without it the bot does not get the message.
      await box.pressSequentially('@');
      await this.page.getByRole('menuitem', { name: BOT.name }).click();
      await box.pressSequentially(' ');
    }
    await box.pressSequentially(text);
    const posted = this.page.waitForResponse((response) =>
      /\/v1\/conversations\/[^/]+\/messages$/.test(response.url()),
    );
    await where.getByRole('button', { name: button, exact: true }).first().click();
    await posted;
  }

  /**
   * The page has no way to change seats, but it tells the Playground with every click whose it is, and the Playground
   * passes any member of the conversation on to the bot, with name and object id.
   */
  async #onRequest(route: Route): Promise<void> {
    const request = route.request();
    const url = new URL(request.url());
    if (url.hostname !== '127.0.0.1') {
      this.refused.push(request.url());
      return route.abort();
    }
    if (this.#person === PEOPLE.alex || !/\/v1\/(invoke|submit)$/.test(url.pathname)) return route.continue();
    return route.continue({ postData: { ...request.postDataJSON(), from: { id: this.#person.id } } });
  }
}

function filtered(found: Locator, text?: TextMatch): Locator {
  return text === undefined ? found : found.filter({ hasText: text });
}
