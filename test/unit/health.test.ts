import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, expect, test, vi } from 'vitest';
import { NatriumError } from '../../src/errors.ts';
import { Health } from '../../src/http/health.ts';
import { Metrics } from '../../src/http/metrics.ts';
import type { Facts, Log } from '../../src/logging.ts';
import type { Operations } from '../../src/registry/operations.ts';

const WELL: Operations = {
  queues: async () => [{ kind: 'trial', waiting: 2, running: 1, oldestWaitingSeconds: 7 }],
  runningTrials: async () => ({ count: 1, stepsPerSecond: 40 }),
  workers: async () => 3,
  pool: () => ({ busy: 1, idle: 2, waiting: 0 }),
  checkDatabase: async () => {},
  checkMigrations: async () => {},
  checkArtifacts: async () => {},
  checkSameArtifacts: async () => {},
};

const never = () => new Promise<never>(() => {});

class NotedLog implements Log {
  readonly lines: [level: string, message: string, facts?: Facts][] = [];
  info = (message: string) => void this.lines.push(['info', message]);
  warn = (message: string) => void this.lines.push(['warn', message]);
  error = (message: string, facts?: Facts) => void this.lines.push(['error', message, facts]);
  child = () => this;
}

let server: Server | undefined;
afterEach(() => {
  vi.useRealTimers();
  server?.close();
});

async function serve(operations: Partial<Operations>) {
  const log = new NotedLog();
  const system = { ...WELL, ...operations };
  const health = new Health(system, log);
  const metrics = new Metrics(system, () => ({ connections: 5, subscriptions: 6 }), log);
  const app = express().use(health.router()).get('/metrics', metrics.handler);
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const readiness = async () => {
    const response = await fetch(`${url}/readyz`);
    return [response.status, await response.json()];
  };
  const scrape = async () => (await fetch(`${url}/metrics`)).text();
  return { log, health, readiness, scrape };
}

test('what never answers is missing, and probes still get their answer', async () => {
  const { readiness } = await serve({ checkDatabase: never, workers: never });
  const missing = { database: 'no answer within 3 s' };
  expect(await Promise.all([readiness(), readiness()])).toEqual(
    Array.from({ length: 2 }, () => [503, { status: 'not ready', missing, warnings: {} }]),
  );
});

test('what only the database knows of the artifact store is not held against the store', async () => {
  const { readiness } = await serve({ checkDatabase: never, checkSameArtifacts: never });
  const missing = { database: 'no answer within 3 s' };
  expect(await readiness()).toEqual([503, { status: 'not ready', missing, warnings: {} }]);
});

test('an artifact store that is another than it was is missing', async () => {
  const { readiness } = await serve({
    async checkSameArtifacts() {
      throw new NatriumError('INVALID_STATE', 'another bucket');
    },
  });
  const missing = { artifactStore: 'another bucket' };
  expect(await readiness()).toEqual([503, { status: 'not ready', missing, warnings: {} }]);
});

test('a thing is looked at once for however many probes', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  let looks = 0;
  const { readiness } = await serve({
    async checkArtifacts() {
      looks += 1;
    },
  });
  const answers = await Promise.all(Array.from({ length: 50 }, readiness));
  expect(answers.every(([status]) => status === 200)).toBe(true);
  expect(looks).toBe(1);
  vi.advanceTimersByTime(1000);
  await readiness();
  expect(looks).toBe(2);
});

test('all that is missing is named', async () => {
  const missing = (what: string) => async () => {
    throw new NatriumError('UNAVAILABLE', `${what} is away`);
  };
  const { readiness } = await serve({
    checkDatabase: missing('the database'),
    checkMigrations: missing('the schema'),
    checkArtifacts: missing('the bucket'),
  });
  expect(await readiness()).toEqual([
    503,
    {
      status: 'not ready',
      missing: {
        database: 'the database is away',
        migrations: 'the schema is away',
        artifactStore: 'the bucket is away',
      },
      warnings: {},
    },
  ]);
});

test('a defect is for the log, not for whoever probes', async () => {
  const { readiness, log } = await serve({
    async checkMigrations() {
      throw new TypeError('secret');
    },
  });
  expect(JSON.stringify(await readiness())).not.toContain('secret');
  const [, , facts] = log.lines.find(([level]) => level === 'error')!;
  expect(String(facts?.error)).toBe('TypeError: secret');
});

test('a server that stops is not ready, but lives', async () => {
  const { readiness, health } = await serve({});
  expect((await readiness())[0]).toBe(200);
  health.stop();
  expect(await readiness()).toEqual([
    503,
    { status: 'not ready', missing: { server: 'it is stopping' }, warnings: {} },
  ]);
});

test('metrics tell what the system tells', async () => {
  const { scrape } = await serve({});
  const lines = (await scrape()).split('\n');
  for (const line of [
    'natrium_jobs{kind="trial",state="waiting"} 2',
    'natrium_jobs{kind="trial",state="running"} 1',
    'natrium_oldest_waiting_job_seconds{kind="trial"} 7',
    'natrium_running_trials 1',
    'natrium_training_steps_per_second 40',
    'natrium_workers 3',
    'natrium_database_up 1',
    'natrium_database_connections{state="idle"} 2',
    'natrium_websockets 5',
    'natrium_subscriptions 6',
  ]) {
    expect(lines).toContain(line);
  }
});

test('metrics come without the database when that hangs, and old figures do not stay', async () => {
  let hangs = false;
  const { scrape } = await serve({ queues: () => (hangs ? never() : WELL.queues()) });
  expect(await scrape()).toContain('natrium_jobs{');
  hangs = true;
  const text = await scrape();
  expect(text).toContain('natrium_database_up 0');
  expect(text).not.toContain('natrium_jobs{');
  expect(text).not.toMatch(/^natrium_workers /m);
});
