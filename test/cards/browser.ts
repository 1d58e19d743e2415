import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { type Browser, launchBrowser } from '../e2e/browser.ts';

/** Looks like Teams: its measures, and buttons that do not break their titles. */
const HOST_CONFIG = {
  fontFamily: 'Segoe UI, Liberation Sans, Arial, sans-serif',
  fontSizes: { small: 12, default: 14, medium: 16, large: 18, extraLarge: 24 },
  spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 12 },
  separator: { lineThickness: 1, lineColor: '#ddd' },
  actions: {
    maxActions: 6,
    buttonSpacing: 8,
    actionsOrientation: 'horizontal',
    actionAlignment: 'left',
    showCard: { actionMode: 'inline', inlineTopMargin: 12 },
  },
  containerStyles: Object.fromEntries(
    Object.entries({
      emphasis: '#f0f0f0',
      accent: '#dde4ff',
      good: '#ddf2dd',
      warning: '#fff0d0',
      attention: '#fbdcdc',
    }).map(([style, backgroundColor]) => [style, { backgroundColor }]),
  ),
};

const STYLE = `
  body { margin: 0; background: #fff; font: 14px "Segoe UI", "Liberation Sans", Arial, sans-serif }
  #host { overflow: hidden }
  .ac-pushButton { padding: 6px 12px; border: 1px solid #ccc; border-radius: 4px; background: #fff; font: inherit;
    white-space: nowrap; overflow: hidden; text-overflow: ellipsis; max-width: 100% }
  .ac-pushButton.expanded { background: #ddd }
  .ac-input { max-width: 100%; box-sizing: border-box; font: inherit }
`;

/** A page that renders cards with Microsoft's own renderer. */
export class CardPage {
  readonly page: Page;
  readonly #browser: Browser;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.page = page;
  }

  static async open(executablePath: string): Promise<CardPage> {
    const browser = await launchBrowser(executablePath);
    const page = await browser.context.newPage();
    await page.setContent(`<style>${STYLE}</style><div id="host"></div>`);
    await page.addScriptTag({ path: createRequire(import.meta.url).resolve('adaptivecards/dist/adaptivecards.js') });
    return new CardPage(browser, page);
  }

  /**
   * Shows one card, so many pixels wide; what sticks out of it or is cut within it, as it comes and with each of its
   * folded parts open.
   */
  async cut(card: unknown, width: number): Promise<string[]> {
    await this.page.setViewportSize({ width, height: 900 });
    return await this.page.evaluate(renderAndLook, { card, width, config: HOST_CONFIG });
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}

/** Runs in the page. */
function renderAndLook({ card, width, config }: { card: unknown; width: number; config: object }): string[] {
  // biome-ignore lint/suspicious/noExplicitAny: the page's own names.
  const { AdaptiveCards, document, getComputedStyle } = globalThis as any;
  // Cards have escapes and no markdown.
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (
    text: string,
    result: { outputHtml: string; didProcess: boolean },
  ) => {
    const holder = document.createElement('div');
    holder.textContent = text.replace(/\\([!-/:-@[-`{-~])/g, '$1');
    result.outputHtml = holder.innerHTML;
    result.didProcess = true;
  };
  const adaptive = new AdaptiveCards.AdaptiveCard();
  adaptive.hostConfig = new AdaptiveCards.HostConfig(config);
  adaptive.parse(card);
  const host = document.getElementById('host');
  host.style.width = `${width}px`;
  host.replaceChildren(adaptive.render());

  const look = (part: string): string[] => {
    const edge = host.getBoundingClientRect().right + 0.5;
    const found: string[] = [];
    for (const element of host.querySelectorAll('*')) {
      const { right, width, height } = element.getBoundingClientRect();
      if (width === 0 || height === 0) continue;
      const text = `${part}: ${element.tagName} ${(element.textContent ?? '').slice(0, 60)}`;
      if (right > edge) found.push(`${Math.round(right - edge)} px too wide: ${text}`);
      const isHiding = getComputedStyle(element).overflowX !== 'visible';
      if (isHiding && element.scrollWidth > element.clientWidth + 1) found.push(`cut: ${text}`);
    }
    return found;
  };
  // The parts that a button unfolds, one after the other; they stay open.
  const buttons = [...host.querySelectorAll('button[aria-expanded=false]')];
  return [
    ...look('as it comes'),
    ...buttons.flatMap((button) => {
      button.click();
      return look(button.textContent);
    }),
  ];
}
