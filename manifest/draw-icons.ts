import { readFile, writeFile } from 'node:fs/promises';
import { launchBrowser } from '../test/e2e/browser.ts';
import { requireProgram } from '../test/fakes/requires.ts';

/** Draws the PNGs of the app package from their SVGs: `node manifest/draw-icons.ts`, after one of them was changed. */
const chromium = requireProgram(['chromium', 'chromium-browser', 'google-chrome'], 'chromium');
if ('skip' in chromium) throw new Error(chromium.skip);
const { context, close } = await launchBrowser(chromium.path);
try {
  const page = await context.newPage();
  for (const [name, size] of [
    ['color', 192],
    ['outline', 32],
  ] as const) {
    await page.setViewportSize({ width: size, height: size });
    const svg = await readFile(new URL(`${name}.svg`, import.meta.url), 'utf8');
    await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${svg}`);
    await writeFile(new URL(`${name}.png`, import.meta.url), await page.screenshot({ omitBackground: true }));
  }
} finally {
  await close();
}
