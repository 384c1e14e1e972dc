import { readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiServer,
  createDataset,
  createVersion,
  errorOf,
  frame,
  importSmallClusters,
  levelOfTheoryId,
  startApiServer,
} from '../support/api.ts';
import { findImport, startImport, upload } from '../support/bulk.ts';
import { startGeneration } from '../support/cluster-runs.ts';
import { runStudy } from '../support/studies.ts';

const ROLES = ['READER', 'CONTRIBUTOR', 'ADMIN'] as const;
type Role = (typeof ROLES)[number];

let server: ApiServer;
let calculation: string;
let run: string;
let toRevoke: string;
let uploaded: string;
let started: string;
let levelOfTheory: string;
let clusterRun: string;
let study: string;
const tokens = {} as Record<Role, Token>;

beforeAll(async () => {
  server = await startApiServer();
  const { source, ids } = await importSmallClusters(server);
  calculation = ids.a2;
  levelOfTheory = await levelOfTheoryId(server);
  await createDataset(server, 'small');
  await createVersion(server, {
    dataset: 'small',
    filter: { sourceSha256: { equals: source } },
    split: { asGiven: true },
  });
  const { training } = await server.request<{ training: { id: string } }>(
    `mutation { training: trainSchNet(input: { model: "m", datasetVersion: "small/1", seeds: [1] }) { id } }`,
  );
  run = training.id;
  for (const role of ROLES) tokens[role] = await createToken(`the ${role.toLowerCase()}`, role);
  toRevoke = (await createToken('to be revoked', 'READER')).id;
  uploaded = await upload(server, 'a.extxyz', frame());
  started = (await startImport(server, [uploaded])).id;
  clusterRun = (await startGeneration(server, { sizes: [3], clustersPerSize: 1, seed: 1 })).id;
  study = (await runStudy(server, { datasetVersion: 'small/1', seeds: [1] })).id;
});
afterAll(() => server?.dispose());

interface Token {
  readonly id: string;
  readonly secret: string;
}

async function createToken(name: string, role: Role): Promise<Token> {
  const { made } = await server.request<{ made: { secret: string; token: { id: string } } }>(
    `mutation ($input: CreateApiTokenInput!) { made: createApiToken(input: $input) { secret token { id } } }`,
    { input: { name, role } },
  );
  return { id: made.token.id, secret: made.secret };
}

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

async function viewer(headers: object): Promise<object> {
  return (await server.request<{ viewer: object }>('{ viewer { name role } }', {}, headers)).viewer;
}

describe('a request', () => {
  test('without a token is the local admin’s', async () => {
    expect(await viewer({})).toEqual({ name: 'local admin', role: 'ADMIN' });
  });

  test('with a token is that token’s, and so is what it writes', async () => {
    for (const role of ROLES) {
      expect(await viewer(bearer(tokens[role].secret))).toEqual({ name: `the ${role.toLowerCase()}`, role });
    }
    const { report } = await server.request<{ report: { items: { calculation: object }[] } }>(
      `mutation ($content: String!) {
        report: importCalculations(input: { fileName: "x", content: $content }) {
          items { calculation { createdBy cluster { createdBy } } }
        }
      }`,
      { content: frame() },
      bearer(tokens.CONTRIBUTOR.secret),
    );
    expect(report.items).toEqual([
      { calculation: { createdBy: 'the contributor', cluster: { createdBy: 'the contributor' } } },
    ]);
  });

  test('with the token that the first start left in the data folder is an admin’s', async () => {
    const path = join(server.dataFolder, 'admin-token');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await viewer(bearer(readFileSync(path, 'utf8').trim()))).toEqual({ name: 'first admin', role: 'ADMIN' });
  });

  test.each([
    ['another scheme', 'Basic YTpi', /must be: Bearer TOKEN/],
    ['no token', 'Bearer', /must be: Bearer TOKEN/],
    ['two tokens', 'Bearer a b', /must be: Bearer TOKEN/],
    ['an empty header', '', /must be: Bearer TOKEN/],
    ['an unknown token', 'Bearer natrium_unknown', /token is unknown; an admin can make one with .*createApiToken/],
  ])('with %s is refused', async (_, authorization, says) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({ query: '{ viewer { name } }' }),
    });
    expect(response.status).toBe(401);
    const { errors } = (await response.json()) as { errors: { message: string; extensions: object }[] };
    expect(errors[0].extensions).toEqual({ code: 'UNAUTHENTICATED' });
    expect(errors[0].message).toMatch(says);
  });

  test('with a revoked token is refused at once', async () => {
    const { id, secret } = await createToken('short-lived', 'READER');
    expect(await viewer(bearer(secret))).toMatchObject({ name: 'short-lived' });
    const { revoked } = await server.request<{ revoked: object }>(
      `mutation ($id: ID!) { revoked: revokeApiToken(input: { token: $id }) { id revokedBy revokedAt } }`,
      { id },
    );
    expect(revoked).toEqual({ id, revokedBy: 'local admin', revokedAt: expect.any(String) });
    const error = await errorOf(server, '{ viewer { name } }', {}, bearer(secret));
    expect(error).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(error.message).toMatch(/was revoked by local admin; an admin can make one/);
  });
});

describe('a token', () => {
  test('is kept as a hash only', async () => {
    const rows = await server.sql('SELECT t::text AS text FROM api_tokens t');
    expect(rows.length).toBeGreaterThanOrEqual(ROLES.length);
    for (const { text } of rows) {
      for (const role of ROLES) expect(text).not.toContain(tokens[role].secret);
    }
    expect(server.output()).not.toContain(tokens.ADMIN.secret);
  });

  test('needs a name', async () => {
    const error = await errorOf(server, `mutation { createApiToken(input: { name: "", role: READER }) { secret } }`);
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(error.message).toMatch(/name must have 1 to 100 characters/);
  });
});

test('a report of an import needs a good token as well', async () => {
  const { reportUrl } = await findImport(server, started);
  const status = async (authorization: string) => (await fetch(reportUrl, { headers: { authorization } })).status;
  expect(await status('Bearer natrium_wrong')).toBe(401);
  expect(await status(`Bearer ${tokens.READER.secret}`)).toBe(200);
});

test('only its maker learns where an upload is put', async () => {
  const own = await upload(server, 'own.extxyz', frame());
  const url = (headers: object) =>
    server.request<{ upload: { url: string | null } }>(
      'query ($id: ID!) { upload(id: $id) { url } }',
      { id: own },
      headers,
    );
  expect((await url({})).upload.url).toMatch(/^http:/);
  expect((await url(bearer(tokens.ADMIN.secret))).upload.url).toBeNull();
});

describe('roles', () => {
  const modelVersion = 'm/1';
  /** Every mutation, with an input that only its role can be held against, and the least role that may send it. */
  const MUTATIONS: Readonly<Record<string, readonly [least: Role, input: () => object]>> = {
    archiveModelVersion: ['CONTRIBUTOR', () => ({ modelVersion, reason: 'x' })],
    cancelClusterRun: ['CONTRIBUTOR', () => ({ clusterRun })],
    cancelImport: ['CONTRIBUTOR', () => ({ import: started })],
    cancelStudy: ['CONTRIBUTOR', () => ({ study })],
    cancelTrainingRun: ['CONTRIBUTOR', () => ({ trainingRun: run })],
    createApiToken: ['ADMIN', () => ({ name: 'x', role: 'READER' })],
    createDataset: ['CONTRIBUTOR', () => ({ name: 'x', title: 'x', description: 'x', licence: 'x' })],
    createDatasetVersion: ['CONTRIBUTOR', () => ({ dataset: 'small', filter: {}, split: { asGiven: true } })],
    createFeatureSet: ['CONTRIBUTOR', () => ({ name: 'x', runningCoordinationNumbers: {} })],
    deleteModelAlias: ['CONTRIBUTOR', () => ({ alias: 'm@champion' })],
    drainWorker: ['ADMIN', () => ({ worker: 'nobody:1' })],
    evaluateModelVersion: ['CONTRIBUTOR', () => ({ modelVersion, datasetVersion: 'small/1', split: 'TEST' })],
    generateClusters: ['CONTRIBUTOR', () => ({ sizes: [3], clustersPerSize: 1, seed: 1 })],
    importCalculations: ['CONTRIBUTOR', () => ({ fileName: 'x', content: frame() })],
    importStructures: ['CONTRIBUTOR', () => ({ fileName: 'x', content: frame() })],
    invalidateCalculation: ['CONTRIBUTOR', () => ({ calculation, reason: 'x' })],
    predictShieldings: ['CONTRIBUTOR', () => ({ modelVersion, structures: [] })],
    relaxClusters: ['CONTRIBUTOR', () => ({ filter: {} })],
    reproduceModelVersion: ['CONTRIBUTOR', () => ({ modelVersion })],
    requestUpload: ['CONTRIBUTOR', () => ({ fileName: 'x' })],
    resumeClusterRun: ['CONTRIBUTOR', () => ({ clusterRun })],
    resumeImport: ['CONTRIBUTOR', () => ({ import: started })],
    resumeStudy: ['CONTRIBUTOR', () => ({ study })],
    resumeTrainingRun: ['CONTRIBUTOR', () => ({ trainingRun: run })],
    revokeApiToken: ['ADMIN', () => ({ token: toRevoke })],
    runStudy: ['CONTRIBUTOR', () => ({ datasetVersion: 'small/1', seeds: [1] })],
    setModelAlias: ['CONTRIBUTOR', () => ({ modelVersion, alias: 'champion' })],
    setShieldingReference: ['CONTRIBUTOR', () => ({ levelOfTheory, shieldingPpm: 1, compound: 'x', source: 'x' })],
    startImport: ['CONTRIBUTOR', () => ({ uploads: [uploaded] })],
    trainLasso: ['CONTRIBUTOR', () => ({ model: 'x', datasetVersion: 'small/1', featureSet: 'x' })],
    trainSchNet: ['CONTRIBUTOR', () => ({ model: 'x', datasetVersion: 'small/1', seeds: [1] })],
    verifyModelVersion: ['CONTRIBUTOR', () => ({ modelVersion })],
  };

  function mutation(name: string): string {
    const type = `${name[0].toUpperCase()}${name.slice(1)}Input`.replace(
      /^(Cancel|Resume)(?=TrainingRun|Import|ClusterRun|Study)/,
      '',
    );
    return `mutation ($input: ${type}!) { ${name}(input: $input) { __typename } }`;
  }

  test('are tested for every mutation', async () => {
    const { type } = await server.request<{ type: { fields: { name: string }[] } }>(
      `{ type: __type(name: "Mutation") { fields { name } } }`,
    );
    expect(type.fields.map(({ name }) => name).sort()).toEqual(Object.keys(MUTATIONS));
  });

  test.each(Object.entries(MUTATIONS))('hold for %s', async (name, [least, input]) => {
    for (const role of ROLES.slice(0, ROLES.indexOf(least))) {
      const before = await server.countRecords();
      const error = await errorOf(server, mutation(name), { input: input() }, bearer(tokens[role].secret));
      expect(error.code).toBe('FORBIDDEN');
      expect(error.message).toBe(`the ${role.toLowerCase()} is a ${role}; this needs the role ${least}`);
      expect(await server.countRecords()).toEqual(before);
    }
    const { errors } = await server.ask(mutation(name), { input: input() }, bearer(tokens[least].secret));
    expect(errors?.map(({ extensions }) => extensions.code) ?? []).not.toContain('FORBIDDEN');
    expect(errors?.map(({ extensions }) => extensions.code) ?? []).not.toContain('INTERNAL_SERVER_ERROR');
  });
});

/** A request with headers that fetch does not let one set. */
function send(headers: Readonly<Record<string, string>>, path = '/graphql'): Promise<{ status: number; body: string }> {
  const body = JSON.stringify({ query: '{ server { version } }' });
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    const sent = request({
      hostname,
      port,
      path,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
    });
    sent.on('error', reject).on('response', (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, body: text }));
    });
    sent.end(body);
  });
}

describe('a browser', () => {
  const port = () => new URL(server.url).port;

  test.each([
    ['localhost', () => `localhost:${port()}`],
    ['127.0.0.1', () => `127.0.0.1:${port()}`],
    ['[::1]', () => `[::1]:${port()}`],
    ['LOCALHOST', () => `LOCALHOST:${port()}`],
  ])('may ask under the name %s', async (_, host) => {
    expect(await send({ host: host() })).toMatchObject({ status: 200 });
    expect(await send({ host: host(), origin: `http://${host()}` })).toMatchObject({ status: 200 });
  });

  test.each([
    ['a foreign name', () => `evil.example:${port()}`],
    ['a name that begins like ours', () => `localhost.evil.example:${port()}`],
    ['a name that ends like ours', () => `evil-localhost:${port()}`],
    ['our name as a user of another', () => 'localhost@evil.example'],
    ['an address that is not loopback', () => `192.168.0.1:${port()}`],
    ['all addresses', () => `0.0.0.0:${port()}`],
    ['what is no name', () => 'a b'],
  ])('that was led here under %s is refused (DNS rebinding)', async (_, host) => {
    for (const path of ['/graphql', '/playground/', '/']) {
      const { status, body } = await send({ host: host() }, path);
      expect(status).toBe(421);
      expect(JSON.parse(body)).toEqual({
        errors: [
          {
            message: expect.stringMatching(/^the Host header is ".*"; this server answers 127\.0\.0\.1 and localhost/),
            extensions: { code: 'FORBIDDEN' },
          },
        ],
      });
    }
  });

  test.each([
    ['a foreign page', () => 'http://evil.example'],
    ['a foreign page on our port', () => `http://evil.example:${port()}`],
    ['another program on this machine', () => 'http://localhost:1'],
    ['a page under https', () => `https://127.0.0.1:${port()}`],
    ['a page without origin', () => 'null'],
  ])('is refused when %s asks', async (_, origin) => {
    const { status, body } = await send({ host: `127.0.0.1:${port()}`, origin: origin() });
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'cannot be made to send %s, as a form of any page could',
    async (contentType) => {
      const { status, body } = await send({ 'content-type': contentType });
      expect(status).toBe(400);
      expect(body).toContain('CSRF');
    },
  );
});
