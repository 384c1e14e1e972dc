import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { PlaygroundTab } from '../../src/http/playground-tabs.ts';
import { findChromium, launchChromium, type PageRecord, watchPage } from '../support/browser.ts';
import { readTabs } from '../support/playground-tabs.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { skipUnless } from '../support/skips.ts';

const chromiumPath = findChromium();

skipUnless(chromiumPath !== undefined, 'chromium')('playground in a browser', () => {
  let server: TestServer;
  let tabs: PlaygroundTab[];
  let titles: string[];
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let record: PageRecord;

  beforeAll(async () => {
    execFileSync(process.execPath, ['scripts/bundle-playground.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
    server = await startTestServer({ environment: { NATRIUM_EXAMPLE_DATA: 'on', NATRIUM_WORKERS: '0' } });
    tabs = await readTabs(server);
    titles = tabs.map((tab) => tab.title);
    browser = await launchChromium(chromiumPath!);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.dispose();
  });

  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    page = await context.newPage();
    record = watchPage(page);
    await page.goto(`${server.url}/playground`);
    await waitForEditors();
  });

  // what holds for every visit, whatever is done in it
  afterEach(async () => {
    await context.close();
    expect(record.problems).toEqual([]);
    expect([...record.origins]).toEqual([server.url]);
  });

  it('shows a fresh visitor the ready tabs in order, all in view, the first one open', async () => {
    expect(await page.title()).toBe('Natrium');
    expect(await tabTitles()).toEqual(titles);
    expect(titles).not.toHaveLength(0);
    for (const tab of await page.locator('[role=tab]').all()) {
      const { x, y, width, height } = (await tab.boundingBox())!;
      expect([x >= 0, y >= 0, x + width <= 1280, y + height <= 150]).toEqual([true, true, true, true]);
    }
    expect(await editorText('query')).toContain(tabs[0].query.split('\n', 1)[0]);
  });

  it('runs the first tab and shows the answer', async () => {
    await run();
    await waitForText('response', '"local admin"');
    await waitForText('response', '"23Na shieldings of small sodium');
  });

  it('opens a tab with its variables, and runs it', async () => {
    await openTab('Compare');
    await waitForText('variables', '"versions"');
    await run();
    // nothing has been trained yet
    await waitForText('response', '"NOT_FOUND"');
  });

  it('runs a subscription over a WebSocket, with the headers of the tab', async () => {
    // the run that the tab asks for is the third one
    const { query } = tabs.find(({ title }) => title === 'TrainSchNet')!;
    for (const _ of [1, 2, 3]) await server.request(query);
    await openTab('WatchEpochs');
    await run();
    await waitForText('response', '"trainingRunUpdated"');
    await waitForText('response', '"QUEUED"');
    await page.getByRole('button', { name: /^Stop query/ }).click();

    await page.getByRole('button', { name: 'Headers' }).click();
    await typeInto('headers', '{ "Authorization": "Bearer natrium_wrong" }');
    await run();
    await waitForText('response', 'UNAUTHENTICATED: the API token is unknown');
  });

  it('shows the variables of the first tab too', async () => {
    const visitor = await browser.newContext();
    const other = await visitor.newPage();
    const ready = { title: 'Any', query: 'query Any($id: ID!) { node(id: $id) { id } }', variables: '{ "id": "a" }' };
    await other.route('**/tabs.json', (route) => route.fulfill({ json: [ready] }));
    await other.goto(`${server.url}/playground`);
    await other.locator(`${EDITORS.variables} .view-lines`).filter({ hasText: '"id": "a"' }).waitFor();
    await visitor.close();
  });

  it('sends headers typed in one tab from the next one too', async () => {
    const token = readFileSync(join(server.dataFolder, 'admin-token'), 'utf8').trim();
    await openTab('Clusters');
    await page.getByRole('button', { name: 'Headers' }).click();
    await typeInto('headers', `{ "Authorization": "Bearer ${token}" }`);
    await openTab('WhatIsHere');
    await run();
    await waitForText('response', '"name": "first admin"');
  });

  it('keeps a returning visitor’s edits, and restores the examples in front of them', async () => {
    await openTab('Atoms');
    await typeInto('query', 'query Mine { viewer { name } }');
    await waitForStoredTab('query Mine');
    // a request that reloading breaks off would count as a problem
    await page.waitForLoadState('networkidle');
    await page.reload();
    await waitForEditors();
    expect(await tabTitles()).toEqual(titles.map((title) => (title === 'Atoms' ? 'Mine' : title)));
    expect(await editorText('query')).toBe('query Mine { viewer { name } }');

    await page.getByRole('button', { name: 'Restore the examples' }).click();
    await page.locator('[role=tab]').getByText('Atoms', { exact: true }).waitFor();
    expect(await tabTitles()).toEqual([...titles, 'Mine']);
    await waitForText('query', 'query WhatIsHere');
  });

  it('shows the descriptions of the schema', async () => {
    const explorer = page.locator('.graphiql-doc-explorer');
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await explorer.getByText('atomic clusters, their NMR shieldings').waitFor();
    await explorer.getByText('Query', { exact: true }).click();
    await explorer.getByText('Shieldings of a data set version in common bins').waitFor();
  });

  const EDITORS = {
    query: '.graphiql-query-editor',
    variables: '.graphiql-editor-tool .graphiql-editor:nth-child(1)',
    headers: '.graphiql-editor-tool .graphiql-editor:nth-child(2)',
    response: '.graphiql-response',
  };

  async function waitForEditors(): Promise<void> {
    await waitForText('query', 'query');
  }

  function run(): Promise<void> {
    return page.getByRole('button', { name: /^Execute query/ }).click();
  }

  function openTab(title: string): Promise<void> {
    return page.locator('[role=tab]').getByRole('button', { name: title, exact: true }).click();
  }

  function tabTitles(): Promise<string[]> {
    return page.locator('[role=tab]').allInnerTexts();
  }

  /** The lines in view of one editor; monaco puts no-break spaces where the text has spaces. */
  async function editorText(editor: keyof typeof EDITORS): Promise<string> {
    const lines = await page.locator(`${EDITORS[editor]} .view-line`).allInnerTexts();
    return lines.join('\n').replaceAll('\u00a0', ' ');
  }

  function waitForText(editor: keyof typeof EDITORS, text: string): Promise<void> {
    return page.locator(`${EDITORS[editor]} .view-lines`).filter({ hasText: text }).waitFor();
  }

  async function typeInto(editor: keyof typeof EDITORS, text: string): Promise<void> {
    await page.locator(`${EDITORS[editor]} .view-lines`).click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.insertText(text);
    await waitForText(editor, text);
  }

  /** GraphiQL stores what was typed half a second later. */
  async function waitForStoredTab(text: string): Promise<void> {
    const storedTabs = async () => {
      const { origins } = await context.storageState();
      return origins[0]?.localStorage.find(({ name }) => name === 'graphiql:tabState')?.value;
    };
    await expect.poll(storedTabs, { timeout: 10_000 }).toContain(text);
  }
});
