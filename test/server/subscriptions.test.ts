import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type ApiServer, errorOf, startApiServer } from '../support/api.ts';
import { startTestServer, until } from '../support/server.ts';
import { answersOf, socketUrl, subscriptionClient, WATCH_RUN, Watched } from '../support/subscriptions.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { SMALL_SCHNET, trainSchNet } from '../support/training.ts';

let server: ApiServer;
/** A run that stays queued, for there are no workers. */
let run: string;

beforeAll(async () => {
  server = await startApiServer();
  const datasetVersion = await importSyntheticDataset(server, 'synthetic', { clusters: SMALL_SPLIT, seed: 1 });
  run = await trainSchNet(server, { model: 'm', datasetVersion, ...SMALL_SCHNET });
});
afterAll(() => server?.dispose());

const opened: WebSocket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.terminate();
});

/** A connection on which tests say themselves what they send. */
function open(headers: Record<string, string> = {}, path?: string): WebSocket {
  const socket = new WebSocket(socketUrl(server, path), 'graphql-transport-ws', { headers });
  socket.on('error', () => {});
  opened.push(socket);
  return socket;
}

interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: unknown;
}

/** Opens a connection up to the server's acknowledgement. */
async function acknowledged(payload: object = {}, headers: Record<string, string> = {}) {
  const socket = open(headers);
  const messages: Message[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload }));
  const seen = (type: string, id?: string) =>
    until(async () => messages.find((each) => each.type === type && each.id === id), `${type} ${id}`);
  await seen('connection_ack');
  const subscribe = (id: string, query = WATCH_RUN, variables: object = { id: run }) =>
    socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } }));
  return { socket, messages, seen, subscribe };
}

/** How a connection is refused before it is a WebSocket. */
async function refusedUpgrade(
  headers: Record<string, string>,
  path?: string,
): Promise<{ status: number; body: unknown }> {
  const socket = open(headers, path);
  const [, response] = await once(socket, 'unexpected-response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, body: JSON.parse(text) };
}

async function closed(socket: WebSocket): Promise<{ code: number; reason: string }> {
  const [code, reason] = await once(socket, 'close');
  return { code, reason: String(reason) };
}

async function createToken(): Promise<{ id: string; secret: string }> {
  const { made } = await server.request<{ made: { secret: string; token: { id: string } } }>(
    `mutation { made: createApiToken(input: { name: "watcher", role: READER }) { secret token { id } } }`,
  );
  return { id: made.token.id, secret: made.secret };
}

describe('a WebSocket', () => {
  const port = () => new URL(server.url).port;

  test.each([
    ['a foreign page', () => ({ origin: 'http://evil.example' }), 403, /comes from the page "http:\/\/evil\.example"/],
    ['another program here', () => ({ origin: 'http://localhost:1' }), 403, /comes from the page/],
    ['a page without origin', () => ({ origin: 'null' }), 403, /comes from the page/],
    ['a page led here (DNS rebinding)', () => ({ host: `evil.example:${port()}` }), 421, /Host header is "evil/],
  ])('is refused when %s asks for it', async (_, headers, status, says) => {
    const refused = await refusedUpgrade(headers());
    expect(refused).toEqual({
      status,
      body: { errors: [{ message: expect.stringMatching(says), extensions: { code: 'FORBIDDEN' } }] },
    });
  });

  test('is open to pages of this server', async () => {
    await acknowledged({}, { origin: server.url });
  });

  test('is at the address of the API only', async () => {
    const { status, body } = await refusedUpgrade({}, '/playground/');
    expect(status).toBe(404);
    expect(body).toMatchObject({
      errors: [{ message: expect.stringMatching(/at \/graphql$/), extensions: { code: 'NOT_FOUND' } }],
    });
  });

  test('needs no token here; one that is given must be good, wherever it stands', async () => {
    const { secret } = await createToken();
    for (const payload of [{}, { authorization: `Bearer ${secret}` }, { Authorization: `Bearer ${secret}` }]) {
      await acknowledged(payload);
    }
    for (const [payload, headers, says] of [
      [{ authorization: 'Bearer natrium_wrong' }, {}, /^UNAUTHENTICATED: the API token is unknown/],
      [{ Authorization: 5 }, {}, /^UNAUTHENTICATED: the Authorization header must be: Bearer TOKEN$/],
      [{}, { authorization: 'Bearer natrium_wrong' }, /^UNAUTHENTICATED: the API token is unknown/],
    ] as const) {
      const socket = open(headers);
      await once(socket, 'open');
      socket.send(JSON.stringify({ type: 'connection_init', payload }));
      expect(await closed(socket)).toEqual({ code: 4401, reason: expect.stringMatching(says) });
    }
  });

  test('subscribes no more once its token is revoked, and is closed at the next event', async () => {
    const { id, secret } = await createToken();
    const { subscribe, seen, socket } = await acknowledged({ authorization: `Bearer ${secret}` });
    subscribe('a');
    await seen('next', 'a');
    await server.request(`mutation ($id: ID!) { revokeApiToken(input: { token: $id }) { id } }`, { id });
    subscribe('b');
    expect((await seen('error', 'b')).payload).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    const ended = closed(socket);
    await server.sql(`UPDATE training_runs SET failure = 'news' WHERE state = 'QUEUED'`);
    expect(await ended).toEqual({ code: 4401, reason: expect.stringMatching(/was revoked/) });
  });

  test('holds 20 subscriptions, and as many again when those are complete', async () => {
    const { subscribe, seen, socket } = await acknowledged();
    for (const round of [1, 2]) {
      const ids = Array.from({ length: 20 }, (_, i) => `${round}-${i}`);
      for (const id of ids) subscribe(id);
      for (const id of ids) await seen('next', id);
      subscribe(`${round}-more`);
      expect((await seen('error', `${round}-more`)).payload).toEqual([
        {
          message: 'a connection holds 20 subscriptions at most; complete one, or open another connection',
          extensions: { code: 'TOO_LARGE' },
        },
      ]);
      for (const id of ids) socket.send(JSON.stringify({ id, type: 'complete' }));
    }
  });

  test('is one of 100, and of as many again when those are closed', async () => {
    for (const _ of [1, 2]) {
      const sockets = Array.from({ length: 100 }, () => open());
      await Promise.all(sockets.map((socket) => once(socket, 'open')));
      const { status, body } = await refusedUpgrade({});
      expect(status).toBe(503);
      expect(body).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] });
      for (const socket of sockets) socket.terminate();
      await until(async () => {
        const socket = open();
        const [event] = await Promise.race(
          ['open', 'unexpected-response'].map(async (name) => [name, await once(socket, name)]),
        );
        socket.terminate();
        return event === 'open';
      }, 'room for another connection');
    }
  });

  test('is closed when it sends a message of more than 1 MiB, or what is none', async () => {
    const { socket: large } = await acknowledged();
    large.send('x'.repeat(1024 * 1024 + 1));
    expect(await closed(large)).toMatchObject({ code: 1009 });
    for (const text of ['{', '[]', '{"type":"x"}', '{"type":"subscribe","id":"a","payload":{}}']) {
      const { socket } = await acknowledged();
      socket.send(text);
      expect((await closed(socket)).code, text).toBe(4400);
    }
    const early = open();
    await once(early, 'open');
    early.send(JSON.stringify({ id: 'a', type: 'subscribe', payload: { query: WATCH_RUN } }));
    expect(await closed(early)).toMatchObject({ code: 4401 });
  });

  test('is told when the server stops, which does not take longer for it', async () => {
    const other = await startTestServer({ environment: { NATRIUM_WORKERS: '0' } });
    const socket = new WebSocket(socketUrl(other), 'graphql-transport-ws');
    const deaf = connect(Number(new URL(other.url).port), '127.0.0.1').pause();
    deaf.write(
      `GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n`,
    );
    await once(socket, 'open');
    const ended = closed(socket);
    await other.stop();
    expect(await ended).toEqual({ code: 1001, reason: 'the server stops' });
    expect(other.process.exitCode).toBe(0);
    deaf.destroy();
    await other.dispose();
  });
});

describe('a subscription', () => {
  const unknown = Buffer.from('TrainingRun:999999').toString('base64');
  const cluster = Buffer.from('Cluster:1').toString('base64');

  test.each<[string, string, Record<string, unknown>, string, RegExp]>([
    ['an unknown run', WATCH_RUN, { id: unknown }, 'NOT_FOUND', /^there is no TrainingRun with the id "[^"]+"; list/],
    ['what is no run', WATCH_RUN, { id: cluster }, 'NOT_FOUND', /is the id of a Cluster, not of a TrainingRun/],
    ['a text that cannot be', WATCH_RUN, { id: 'a\0' }, 'BAD_USER_INPUT', /^trainingRun holds a NUL character/],
    ['no run', WATCH_RUN, {}, 'BAD_USER_INPUT', /"\$id"/],
    ['no GraphQL', '{', {}, 'GRAPHQL_PARSE_FAILED', /Syntax Error/],
    [
      'a field that there is not',
      'subscription { runs }',
      {},
      'GRAPHQL_VALIDATION_FAILED',
      /Cannot query field "runs"/,
    ],
    [
      'a query',
      '{ viewer { name } }',
      {},
      'OPERATION_RESOLUTION_FAILURE',
      /^a query does not come over a WebSocket; POST it/,
    ],
    [
      'a mutation',
      'mutation { createApiToken(input: { name: "x", role: ADMIN }) { secret } }',
      {},
      'OPERATION_RESOLUTION_FAILURE',
      /^a mutation does not/,
    ],
  ])('to %s is refused with its code', async (_, query, variables, code, says) => {
    const before = await server.countRecords();
    const client = subscriptionClient(server);
    const errors = await answersOf(client, query, variables).then(
      (answers) => answers.flatMap((answer) => answer.errors ?? []),
      (refusal) => refusal,
    );
    expect(errors).toMatchObject([{ message: expect.stringMatching(says), extensions: { code } }]);
    expect(await server.countRecords()).toEqual(before);
    await client.dispose();
  });

  test('by HTTP is refused, with the way to go', async () => {
    const error = await errorOf(server, WATCH_RUN, { id: run });
    expect(error).toMatchObject({
      code: 'OPERATION_RESOLUTION_FAILURE',
      message: expect.stringMatching(/over a WebSocket/),
    });
  });

  test('masks what is wrong inside, and the log has it', async () => {
    const watched = new Watched(server, run);
    const failed = watched.ended.catch((errors: unknown) => JSON.stringify(errors));
    await until(async () => watched.updates.length === 1, 'the first update');
    await server.sql('ALTER TABLE trial_points RENAME TO hidden');
    try {
      await server.sql(`UPDATE training_runs SET failure = 'more news' WHERE state = 'QUEUED'`);
      expect(await failed).toMatch(/an internal error; the log of the server has it/);
      const told = /a defect at .* \[[0-9a-f-]{36}\]\nQueryFailedError: relation "trial_points" does not exist/;
      await until(async () => told.test(server.output()), 'the line of the log');
    } finally {
      await server.sql('ALTER TABLE hidden RENAME TO trial_points');
    }
  });
});

test('a request that offers HTTP/2, as some clients always do, is answered by HTTP/1.1', async () => {
  const body = JSON.stringify({ query: '{ viewer { name } }' });
  const sent = request(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      connection: 'Upgrade, HTTP2-Settings',
      upgrade: 'h2c',
      'http2-settings': 'AAMAAABkAAQCAAAAAAIAAAAA',
    },
  });
  sent.end(body);
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  expect([response.statusCode, JSON.parse(text)]).toEqual([200, { data: { viewer: { name: 'local admin' } } }]);
});
