import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';
import { requestAs } from '../support/host-request.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { answersOf, subscriptionClient, WATCH_RUN } from '../support/subscriptions.ts';

function bearer(server: TestServer): { authorization: string } {
  return { authorization: `Bearer ${readFileSync(join(server.dataFolder, 'admin-token'), 'utf8').trim()}` };
}

describe('a server for other machines', () => {
  let server: TestServer;
  let token: { authorization: string };
  beforeAll(async () => {
    server = await startTestServer({
      environment: { NATRIUM_HOST: '0.0.0.0', NATRIUM_ALLOWED_HOSTS: 'api,Natrium.lab', NATRIUM_WORKERS: '0' },
    });
    token = bearer(server);
  });
  afterAll(() => server?.dispose());

  test('says on which address programs of this machine reach it', () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  test('listens on every address of the machine', async () => {
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const others = addresses.filter(({ family, internal }) => family === 'IPv4' && !internal);
    for (const { address } of [{ address: '127.0.0.1' }, ...others]) {
      const { status } = await requestAs(`http://${address}:${new URL(server.url).port}/livez`, {});
      expect(status).toBe(200);
    }
  });

  test.each(['/metrics', '/exports/na-dft/1.csv', '/studies/x/report.html', '/imports/x/report.jsonl'])(
    '%s needs a token',
    async (path) => {
      const { status, body } = await requestAs(`${server.url}${path}`, {});
      expect(status).toBe(401);
      expect(JSON.parse(body).errors[0].message).toMatch(/^a token is needed: send the header Authorization: Bearer/);
      expect((await requestAs(`${server.url}${path}`, token)).status).not.toBe(401);
    },
  );

  test('needs a token for GraphQL and for subscriptions', async () => {
    const { data, errors } = await server.ask('{ viewer { name } }');
    expect([data, errors?.[0].extensions.code]).toEqual([undefined, 'UNAUTHENTICATED']);
    expect(await server.request('{ viewer { role } }', {}, token)).toEqual({ viewer: { role: 'ADMIN' } });
    const stranger = answersOf(subscriptionClient(server), WATCH_RUN, { id: 'x' });
    await expect(stranger).rejects.toMatchObject({ code: 4401 });
    const known = answersOf(subscriptionClient(server, token), WATCH_RUN, { id: 'x' });
    expect(await known).toMatchObject([{ errors: [{ extensions: { code: 'NOT_FOUND' } }] }]);
  });

  test('answers to its names, and to no other', async () => {
    const status = async (host: string) => (await requestAs(`${server.url}/metrics`, { ...token, host })).status;
    for (const host of ['api:4000', 'natrium.lab', 'NATRIUM.LAB:80', 'localhost:4000', '127.0.0.1', '[::1]:4000'])
      expect(await status(host), host).toBe(200);
    for (const host of ['evil.example', 'api.evil.example', '0.0.0.0:4000', '10.0.0.1', 'x y'])
      expect(await status(host), host).toBe(421);
    const { body } = await requestAs(`${server.url}/metrics`, { ...token, host: 'evil.example' });
    expect(body).toContain(
      'answers 127.0.0.1, localhost, api and natrium.lab only: NATRIUM_ALLOWED_HOSTS lists further',
    );
  });

  test('refuses pages of others', async () => {
    const status = async (origin: string) =>
      (await requestAs(`${server.url}/metrics`, { ...token, host: 'api', origin })).status;
    expect(await status('http://api')).toBe(200);
    expect(await status('http://natrium.lab')).toBe(403);
    expect(await status('https://evil.example')).toBe(403);
  });

  test('lets the commands of natrium in, by the token of its data folder', async () => {
    const file = join(server.dataFolder, 'one.extxyz');
    const { code, output } = await runCommand(
      ['inputs', '--program', 'orca', join(server.dataFolder, 'inputs')],
      server.dataFolder,
    );
    expect([code, output]).toEqual([1, expect.stringMatching(/no cluster|0 inputs/)]);
    const missing = await runCommand(['export', 'none/1', file], server.dataFolder);
    expect(missing.output).toMatch(/natrium: the server refused: .*none/);
  });
});

describe('a server behind a proxy', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({
      environment: { NATRIUM_PUBLIC_URL: 'https://natrium.example', NATRIUM_WORKERS: '0' },
    });
  });
  afterAll(() => server?.dispose());

  test('takes nobody for the local admin, though it listens on the loopback interface', async () => {
    const { errors } = await server.ask('{ viewer { name } }');
    expect(errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
    for (const host of ['natrium.example', 'natrium.example:443']) {
      expect((await requestAs(`${server.url}/metrics`, { host })).status).toBe(401);
      expect((await requestAs(`${server.url}/metrics`, { host, ...bearer(server) })).status).toBe(200);
    }
  });

  test('knows its pages by the address of the proxy', async () => {
    const status = async (origin: string) =>
      (await requestAs(`${server.url}/metrics`, { host: 'natrium.example', origin, ...bearer(server) })).status;
    expect(await status('https://natrium.example')).toBe(200);
    expect(await status('https://evil.example')).toBe(403);
  });

  test('gives addresses of the proxy to whoever came through it, and its own to others', async () => {
    const query = 'mutation { requestUpload(input: { fileName: "x" }) { url } }';
    const asked = async (host: string) =>
      (await requestAs(`${server.url}/graphql`, { ...bearer(server), host }, { query })).body;
    expect(await asked('natrium.example')).toMatch(/"url":"https:\/\/natrium\.example\/uploads\//);
    expect(await asked('localhost:1')).toMatch(/"url":"http:\/\/localhost:1\/uploads\//);
  });
});
