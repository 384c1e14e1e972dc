import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const DEFAULT_CHROMIUM_PATH = '/usr/bin/chromium';

/** The Chromium that `CHROMIUM_PATH` names, or that of Debian's package; undefined where there is none. */
export function findChromium(): string | undefined {
  const path = process.env.CHROMIUM_PATH || DEFAULT_CHROMIUM_PATH;
  return existsSync(path) ? path : undefined;
}

/** Starts a headless Chromium that asks nobody for anything by itself; it runs as root too. Close it when done. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** What went on in a page since it was watched. */
export interface PageRecord {
  /** Errors and warnings on the console, uncaught exceptions, failed requests. */
  problems: string[];
  /** The origin of every request, workers' included, `data:` and `blob:` excluded as they leave the page for nowhere. */
  origins: Set<string>;
}

/** Starts recording what a page does; call it before the page's first navigation. */
export function watchPage(page: Page): PageRecord {
  const record: PageRecord = { problems: [], origins: new Set() };
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) record.problems.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => record.problems.push(`uncaught: ${error.message}`));
  page.on('requestfailed', (request) =>
    record.problems.push(`failed: ${request.url()} ${request.failure()?.errorText}`),
  );
  page.context().on('request', (request) => {
    if (!/^(data|blob):/.test(request.url())) record.origins.add(new URL(request.url()).origin);
  });
  return record;
}
