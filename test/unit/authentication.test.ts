import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import { afterEach, expect, test, vi } from 'vitest';
import { NatriumError } from '../../src/errors.ts';
import { scraperAuthentication } from '../../src/http/authentication.ts';
import type { Caller } from '../../src/registry/caller.ts';
import type { Registry } from '../../src/registry/registry.ts';

const PROMETHEUS: Caller = { name: 'prometheus', role: 'READER', scope: 'token:1' };
const AWAY = new NatriumError('UNAVAILABLE', 'the database is away');

let server: Server | undefined;
afterEach(() => {
  vi.useRealTimers();
  server?.close();
});

async function serve(authenticate: (secret: string) => Promise<Caller>) {
  const registry = { access: { authenticate } } as unknown as Registry;
  const answerCode: ErrorRequestHandler = (error, _request, response, _next) =>
    void response.send((error as NatriumError).code);
  const app = express()
    .get('/', scraperAuthentication({ registry, isLocalOnly: false }), (_request, response) => {
      response.send(response.locals.caller.name);
    })
    .use(answerCode);
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return async (token: string | null) =>
    (await fetch(url, { headers: token === null ? {} : { authorization: `Bearer ${token}` } })).text();
}

test('who was let in lately is let in while the database is away, and nobody else', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  let answer = async () => PROMETHEUS;
  const ask = await serve(() => answer());
  expect(await ask('known')).toBe('prometheus');
  answer = () => Promise.reject(AWAY);
  expect(await ask('known')).toBe('prometheus');
  expect(await ask('other')).toBe('UNAVAILABLE');
  expect(await ask(null)).toBe('UNAUTHENTICATED');
  vi.advanceTimersByTime(3_600_001);
  expect(await ask('known')).toBe('UNAVAILABLE');
});

test('a token that was found revoked is forgotten', async () => {
  const answers = [
    async () => PROMETHEUS,
    () => Promise.reject(new NatriumError('UNAUTHENTICATED', 'revoked')),
    () => Promise.reject(AWAY),
  ];
  const ask = await serve(() => answers.shift()!());
  expect([await ask('known'), await ask('known'), await ask('known')]).toEqual([
    'prometheus',
    'UNAUTHENTICATED',
    'UNAVAILABLE',
  ]);
});

test('a database that hangs is away', async () => {
  const answers = [async () => PROMETHEUS, () => new Promise<never>(() => {})];
  const ask = await serve(() => answers.shift()!());
  expect([await ask('known'), await ask('known')]).toEqual(['prometheus', 'prometheus']);
});
