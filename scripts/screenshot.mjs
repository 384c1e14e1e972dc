// node scripts/screenshot.mjs: takes docs/playground.png anew, on a server of its own that runs the ready tabs up to the
// one in the picture. Needs `npm run build` and Chromium.
import '../test/support/typescript-hooks.mjs';
import { statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ROOT } from './lib/run.mjs';

const { findChromium, launchChromium } = await import('../test/support/browser.ts');
const { readTabs, runTabs } = await import('../test/support/playground-tabs.ts');
const { startTestServer } = await import('../test/support/server.ts');

const TAB = 'Compare';
const PICTURE = join(ROOT, 'docs/playground.png');

const server = await startTestServer({ environment: { NATRIUM_EXAMPLE_DATA: 'on' } });
const browser = await launchChromium(findChromium());
try {
  const tabs = await readTabs(server);
  await runTabs(server, tabs.slice(0, tabs.findIndex((tab) => tab.title === TAB) + 1));

  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
  await page.goto(`${server.url}/playground/`);
  const query = page.locator('.graphiql-query-editor .view-lines');
  await query.filter({ hasText: tabs[0].title }).waitFor();
  await page.locator('[role=tab]').getByRole('button', { name: TAB, exact: true }).click();
  await query.filter({ hasText: TAB }).waitFor();
  await page.getByRole('button', { name: /^Execute query/ }).click();
  await page.locator('.graphiql-response .view-lines').filter({ hasText: 'verdict' }).waitFor();
  // away from whatever a pointer brings up
  await page.mouse.move(640, 790);
  const passing = '[role=tooltip], .graphiql-spinner, .scrollbar.visible';
  await page.waitForFunction((selector) => document.querySelector(selector) === null, passing);
  await mkdir(dirname(PICTURE), { recursive: true });
  await page.screenshot({ path: PICTURE, animations: 'disabled', caret: 'hide' });
  console.log(`${PICTURE}: ${(statSync(PICTURE).size / 1000).toFixed(0)} kB`);
} finally {
  await browser.close();
  await server.dispose();
}
