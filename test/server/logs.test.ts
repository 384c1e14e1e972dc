import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer, until } from '../support/server.ts';
import { Watched } from '../support/subscriptions.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';

let server: TestServer;
beforeAll(async () => {
  // nobody asked for a form, and standard output is no terminal
  server = await startTestServer({ environment: { NATRIUM_LOG: '' } });
});
afterAll(() => server?.dispose());

interface Line {
  readonly level: string;
  readonly time: string;
  readonly process: string;
  readonly host: string;
  readonly pid: number;
  readonly msg: string;
  readonly [fact: string]: unknown;
}

function lines(): Line[] {
  return server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
}

function ask(query: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
}

/** The line of a request, which is written when its answer has gone. */
function lineOf(requestId: string): Promise<Line> {
  return until(
    async () => lines().find((line) => line.requestId === requestId && line.milliseconds !== undefined),
    `the line of ${requestId}`,
  );
}

describe('the log', () => {
  test('has an object a line, beside the lines that say where the server is', async () => {
    await until(async () => /^playground /m.test(server.output()), 'the last of them');
    const others = server
      .output()
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('{'));
    expect(others.map((line) => line.split(/\s/)[0])).toEqual(['data', 'API', 'playground']);
    for (const line of lines()) {
      expect(line).toMatchObject({
        level: expect.stringMatching(/^(info|warn|error)$/),
        process: 'api',
        msg: expect.stringMatching(/./),
      });
      expect(new Date(line.time).toISOString()).toBe(line.time);
    }
  });

  test('has one line a request, with who, what, how long and how it ended', async () => {
    const asked = await ask('query Mine { viewer { name } }');
    const requestId = asked.headers.get('x-request-id')!;
    expect(await lineOf(requestId)).toMatchObject({
      ...{ level: 'info', method: 'POST', path: '/graphql', status: 200, caller: 'local admin', outcome: 'ok' },
      ...{ operation: 'query viewer', operationName: 'Mine', milliseconds: expect.any(Number) },
    });
    expect(lines().filter((line) => line.requestId === requestId)).toHaveLength(1);
  });

  test('takes the id that a request brings, if it is one', async () => {
    const own = await ask('{ viewer { name } }', { 'x-request-id': 'lab-notebook.17:4' });
    expect(own.headers.get('x-request-id')).toBe('lab-notebook.17:4');
    expect(await lineOf('lab-notebook.17:4')).toMatchObject({ outcome: 'ok' });
    for (const forged of ['two words', `${'x'.repeat(65)}`, '{"level":"error"}', '']) {
      const given = (await ask('{ viewer { name } }', { 'x-request-id': forged })).headers.get('x-request-id');
      expect(given).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    }
  });

  test('says how a request failed', async () => {
    await ask('{ node(id: "x") { id } }', { 'x-request-id': 'failed' });
    expect(await lineOf('failed')).toMatchObject({ outcome: 'NOT_FOUND', status: 200 });
    await ask('{ viewer { name } }', { 'x-request-id': 'stranger', authorization: 'Bearer none' });
    expect(await lineOf('stranger')).toMatchObject({ outcome: 'UNAUTHENTICATED', status: 401, path: '/graphql' });
    await fetch(`${server.url}/nowhere`, { headers: { 'x-request-id': 'lost' } });
    expect(await lineOf('lost')).toMatchObject({ outcome: 'NOT_FOUND', status: 404, path: '/nowhere' });
  });

  test('says that a caller went away before the answer was whole', async () => {
    const left = request(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': 1000,
        expect: '100-continue',
        'x-request-id': 'left',
      },
    });
    left.on('error', () => {});
    left.flushHeaders();
    // the server has the request and waits for its body
    await once(left, 'continue');
    left.destroy();
    expect(await lineOf('left')).toMatchObject({ outcome: 'aborted', path: '/graphql' });
  });

  test('keeps the secret address of an upload to itself', async () => {
    const { requested } = await server.request<{ requested: { url: string } }>(
      `mutation { requested: requestUpload(input: { fileName: "none" }) { url } }`,
    );
    await fetch(requested.url, { method: 'PUT', body: 'x', headers: { 'x-request-id': 'upload' } });
    expect(await lineOf('upload')).toMatchObject({ path: '/uploads', status: 204 });
    expect(server.output()).not.toContain(new URL(requested.url).pathname.split('/').at(-1));
  });

  test('follows a request into the worker, the compute process and the completion', async () => {
    const datasetVersion = await importSyntheticDataset(server, 'followed', { clusters: SMALL_SPLIT, seed: 1 });
    const training = await ask(
      `mutation { trainSchNet(input: { model: "followed", datasetVersion: "${datasetVersion}", epochs: 1, seeds: [1, 2] }) { id } }`,
      { 'x-request-id': 'training-1' },
    );
    const { data } = (await training.json()) as { data: { trainSchNet: { id: string } } };
    const watched = new Watched(server, data.trainSchNet.id);
    await watched.ended;
    const followed = await until(async () => {
      const asked = lines().filter((line) => line.requestId === 'training-1');
      // the last of them, written once the run has ended
      return asked.some(({ msg }) => /^completion .* left$/.test(msg)) && asked;
    }, 'the completion to be left');
    const told = (process: string, message: RegExp) =>
      followed.filter((line) => line.process === process && message.test(line.msg)).length;
    expect(told('api', /^mutation trainSchNet by local admin: ok/)).toBe(1);
    expect(told('worker', /^trial \d+ \(seed \d, attempt 1\) begins$/)).toBe(2);
    expect(told('worker', /^trial \d+ done in /)).toBe(2);
    expect(told('worker', /^completion of training run \d+ (begins|left)$/)).toBe(2);
    expect(told('compute', /^training begins: SCHNET, seed \d$/)).toBe(2);
    expect(told('compute', /^training ends: SCHNET, seed \d, /)).toBe(2);
    const worker = followed.find((line) => line.process === 'worker')!;
    expect(worker.worker).toBe(`${worker.host}:${worker.pid}`);
    // no line of a worker or a compute process is without the request that caused it, but that of the worker's coming
    const unasked = lines().filter((line) => line.process !== 'api' && line.requestId === undefined);
    expect(unasked.map(({ msg }) => msg)).toEqual([`worker ${worker.worker} is ready`]);
  });

  test('tells of a subscription when it has ended', async () => {
    const line = await until(
      async () => lines().find((each) => each.operation === 'subscription trainingRunUpdated'),
      'the line of a subscription',
    );
    expect(line).toMatchObject({
      caller: 'local admin',
      outcome: 'ok',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });
});

test('asked for as JSON, every line is an object', async () => {
  const other = await startTestServer({ environment: { NATRIUM_LOG: 'json', NATRIUM_WORKERS: '0' } });
  await other.stop();
  const told = other
    .output()
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as Line).msg);
  expect(told).toContain(`API        ${other.url}/graphql`);
  expect(told.at(-1)).toMatch(/^SIGINT: stopping/);
  await other.dispose();
});
