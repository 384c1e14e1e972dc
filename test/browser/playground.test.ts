import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { buildSchema, graphql } from 'graphql';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { playgroundRouter } from '../../src/http/playground.ts';
import { findChromium, launchChromium, type PageRecord, watchPage } from '../support/browser.ts';
import { skipUnless } from '../support/skips.ts';

const schema = buildSchema(`
  "All that can be asked of the test server."
  schema {
    query: Query
  }
  type Query {
    "A greeting for the **given** name."
    greeting(name: String!): String!
    "The Authorization header that came with the request."
    authorization: String
  }
`);
const rootValue = {
  greeting: ({ name }: { name: string }) => `Shielded by ${name}`,
  authorization: (_arguments: unknown, request: express.Request) => request.get('authorization') ?? null,
};
const EXAMPLES = {
  '01-greeting.graphql': 'query Greeting($name: String!) {\n  greeting(name: $name)\n}\n',
  '01-greeting.variables.json': '{\n  "name": "electrons"\n}\n',
  '02-who-am-i.graphql': '{ authorization }\n',
  '03-kinds.graphql': '# every type\nquery Kinds { __schema { types { kind } } }\n',
};
const TITLES = ['Greeting', 'WhoAmI', 'Kinds'];

const chromiumPath = findChromium();

skipUnless(chromiumPath !== undefined, 'chromium')('playground in a browser', () => {
  let examplesDirectory: string;
  let server: Server;
  let origin: string;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let record: PageRecord;

  beforeAll(async () => {
    execFileSync(process.execPath, ['scripts/bundle-playground.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
    examplesDirectory = mkdtempSync(join(tmpdir(), 'natrium-playground-'));
    for (const [file, text] of Object.entries(EXAMPLES)) writeFileSync(join(examplesDirectory, file), text);

    const app = express();
    app.use('/playground', playgroundRouter({ examplesDirectory }));
    app.post('/graphql', express.json(), async (request, response) => {
      const { query, variables, operationName } = request.body;
      response.json(
        await graphql({
          schema,
          rootValue,
          contextValue: request,
          source: query,
          variableValues: variables,
          operationName,
        }),
      );
    });
    await new Promise<void>((resolve) => {
      server = app.listen(0, '127.0.0.1', () => resolve());
    });
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await launchChromium(chromiumPath!);
  });

  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
    rmSync(examplesDirectory, { recursive: true, force: true });
  });

  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
    record = watchPage(page);
    await page.goto(`${origin}/playground`);
    await waitForEditors();
  });

  // what holds for every visit, whatever is done in it
  afterEach(async () => {
    await context.close();
    expect(record.problems).toEqual([]);
    expect([...record.origins]).toEqual([origin]);
  });

  it('shows a fresh visitor the ready tabs in order, the first with its variables', async () => {
    expect(await page.title()).toBe('Natrium');
    expect(await tabTitles()).toEqual(TITLES);
    expect(await editorText('query')).toContain('query Greeting($name: String!)');
    expect(await editorText('variables')).toContain('"name": "electrons"');
  });

  it('runs a tab and shows the answer', async () => {
    await run();
    await waitForText('response', 'Shielded by electrons');
  });

  it('sends headers typed in one tab from the next one too', async () => {
    await page.getByRole('button', { name: 'Headers' }).click();
    await typeInto('headers', '{ "Authorization": "Bearer abc" }');
    await openTab('WhoAmI');
    await run();
    await waitForText('response', '"authorization": "Bearer abc"');
  });

  it('keeps a returning visitor’s edits, and restores the examples in front of them', async () => {
    await openTab('Kinds');
    await typeInto('query', 'query Mine { authorization }');
    await waitForStoredTab('query Mine');
    await page.reload();
    await waitForEditors();
    expect(await tabTitles()).toEqual(['Greeting', 'WhoAmI', 'Mine']);
    expect(await editorText('query')).toBe('query Mine { authorization }');

    await page.getByRole('button', { name: 'Restore the examples' }).click();
    await page.locator('[role=tab]', { hasText: 'Kinds' }).waitFor();
    expect(await tabTitles()).toEqual([...TITLES, 'Mine']);
    await waitForText('query', 'query Greeting');
    await waitForText('variables', 'electrons');
  });

  it('shows the descriptions of the schema', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.getByText('All that can be asked of the test server.').waitFor();
    await page.locator('.graphiql-doc-explorer').getByText('Query', { exact: true }).click();
    await page.locator('.graphiql-doc-explorer strong', { hasText: 'given' }).waitFor();
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
    return page.locator('[role=tab]', { hasText: title }).getByRole('button', { name: title }).click();
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
