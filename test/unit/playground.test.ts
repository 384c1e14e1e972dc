import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { playgroundRouter } from '../../src/http/playground.ts';
import { readPlaygroundTabs } from '../../src/http/playground-tabs.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'natrium-playground-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(files: Record<string, string>): void {
  for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text);
}

describe('readPlaygroundTabs', () => {
  it('takes the order from the file names, the titles from the operations, the variables from beside', () => {
    write({
      '02-b.graphql': '# second\nmutation Second { b }\n',
      '02-b.variables.json': '{\n  "x": 1\n}\n',
      '01-a.graphql': 'fragment F on T { a }\nquery First { a }\n',
      'README.md': 'not an example',
    });
    expect(readPlaygroundTabs(directory)).toEqual([
      { title: 'First', query: 'fragment F on T { a }\nquery First { a }', variables: null },
      { title: 'Second', query: '# second\nmutation Second { b }', variables: '{\n  "x": 1\n}' },
    ]);
  });

  it.each([
    ['{ a }', 'query DataSets { a }'],
    ['# why\n{ a }', '# why\nquery DataSets { a }'],
    ['query { a }', 'query DataSets { a }'],
    ['query ($x: Int) { a(x: $x) }', 'query DataSets ($x: Int) { a(x: $x) }'],
    ['subscription{ a }', 'subscription DataSets{ a }'],
  ])('names an unnamed operation after its file: %j', (text, named) => {
    write({ '03-data-sets.graphql': text });
    expect(readPlaygroundTabs(directory)).toEqual([{ title: 'DataSets', query: named, variables: null }]);
  });

  it('finds nothing where there is no folder', () => {
    expect(readPlaygroundTabs(join(directory, 'absent'))).toEqual([]);
  });

  it.each([
    ['a syntax error, with its line', { '01-a.graphql': 'query A {\n  a(\n}' }, /01-a\.graphql, line 3,/],
    ['no operation', { '01-a.graphql': 'fragment F on T { a }' }, /01-a\.graphql .* no query/],
    ['broken variables', { '01-a.graphql': '{ a }', '01-a.variables.json': '{' }, /01-a\.variables\.json .* not JSON/],
    ['variables in a list', { '01-a.graphql': '{ a }', '01-a.variables.json': '[]' }, /one JSON object/],
    ['variables of nothing', { '02-b.variables.json': '{}' }, /belongs to 02-b\.graphql/],
  ])('refuses %s', (_what, files, message) => {
    write(files as Record<string, string>);
    expect(() => readPlaygroundTabs(directory)).toThrow(
      expect.objectContaining({ code: 'MALFORMED_FILE', message: expect.stringMatching(message) }),
    );
  });
});

describe('playgroundRouter', () => {
  let server: Server | undefined;

  async function serve(): Promise<string> {
    const app = express().use(
      '/playground',
      playgroundRouter({ bundleDirectory: directory, examplesDirectory: join(directory, 'examples') }),
    );
    await new Promise<void>((resolve) => {
      server = app.listen(0, '127.0.0.1', () => resolve());
    });
    return `http://127.0.0.1:${(server!.address() as AddressInfo).port}/playground`;
  }

  function writeBundle(): void {
    mkdirSync(join(directory, 'assets'));
    mkdirSync(join(directory, 'examples'));
    write({
      'index.html': '<!doctype html><title>Natrium</title>',
      'assets/main-abc.js': 'export {};',
      'assets/code-abc.ttf': 'font',
      'examples/01-a.graphql': 'query A { a }',
    });
  }

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  it.each([
    ['/', 'text/html; charset=utf-8', 'no-cache'],
    ['/tabs.json', 'application/json; charset=utf-8', 'no-cache'],
    ['/assets/main-abc.js', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/assets/code-abc.ttf', 'font/ttf', 'public, max-age=31536000, immutable'],
  ])('serves %s as %s, cached: %s, bound to this origin', async (path, contentType, cacheControl) => {
    writeBundle();
    const { status, headers } = await fetch((await serve()) + path);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe(contentType);
    expect(headers.get('cache-control')).toBe(cacheControl);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    const policy = headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'self';/);
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|blob:/);
  });

  it('gives the examples as tabs', async () => {
    writeBundle();
    const response = await fetch(`${await serve()}/tabs.json`);
    expect(await response.json()).toEqual([{ title: 'A', query: 'query A { a }', variables: null }]);
  });

  it('redirects to the folder that the links of the page are relative to', async () => {
    writeBundle();
    const response = await fetch(`${await serve()}?from=/elsewhere/`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([308, 'playground/']);
  });

  it.each([
    '/index.html',
    '/.inputs-sha256',
    '/assets/../index.html',
    '/assets/absent.js',
    '/assets/%2e%2e/index.html',
  ])('does not serve %s', async (path) => {
    writeBundle();
    const response = await fetch((await serve()) + path);
    expect(response.status).toBe(404);
  });

  it('says how to build the page where it has not been built', async () => {
    const response = await fetch(`${await serve()}/`);
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('node scripts/bundle-playground.mjs');
  });
});
