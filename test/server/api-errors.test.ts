import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../../src/errors.ts';
import { type ApiServer, errorOf, startApiServer } from '../support/api.ts';
import { until } from '../support/server.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(() => server?.dispose());

/** Until the log has it: an answer may be here before the line that was written first. */
function logged(text: string): Promise<boolean> {
  return until(async () => server.output().includes(text), `the line ${text}`);
}

const DOCUMENTED = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

interface Answer {
  readonly status: number;
  readonly requestId: string | null;
  readonly body: {
    readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
  };
}

/** Sends bytes as they are; whatever comes back must be JSON with a documented code. */
async function post(body: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const answer = (await response.json()) as Answer['body'];
  for (const { extensions } of answer.errors ?? []) expect(DOCUMENTED).toContain(`\`${extensions.code}\``);
  return { status: response.status, requestId: response.headers.get('x-request-id'), body: answer };
}

test('every code is documented with its meaning', () => {
  for (const [code, meaning] of Object.entries(ERROR_CODES))
    expect(DOCUMENTED).toContain(`| \`${code}\` | ${meaning} |`);
});

describe('a request that is none', () => {
  const query = (text: string, more: object = {}) => JSON.stringify({ query: text, ...more });

  test.each([
    [
      'cut off',
      '{"query": "{ server',
      400,
      'BAD_USER_INPUT',
      /the body of the request cannot be read: .*; send JSON in UTF-8/,
    ],
    ['a JSON text', '"query"', 400, 'BAD_USER_INPUT', /the body of the request cannot be read: .*; send JSON in UTF-8/],
    ['empty', '', 400, 'BAD_REQUEST', /POST body missing/],
    ['an empty object', '{}', 400, 'BAD_REQUEST', /./],
    ['a batch', `[${query('{ server { version } }')}]`, 400, 'BAD_REQUEST', /batching/],
    ['a query that is a number', '{"query": 5}', 400, 'BAD_REQUEST', /must be strings/],
    ['variables that are a text', query('{ server { version } }', { variables: 'x' }), 400, 'BAD_REQUEST', /variables/],
    ['no GraphQL', query('{'), 400, 'GRAPHQL_PARSE_FAILED', /Syntax Error/],
    ['a field that there is not', query('{ nmr }'), 400, 'GRAPHQL_VALIDATION_FAILED', /Cannot query field "nmr"/],
    [
      'an operation that there is not',
      query('query A { server { version } }', { operationName: 'B' }),
      400,
      'OPERATION_RESOLUTION_FAILURE',
      /"B"/,
    ],
    [
      'a subscription',
      query('subscription { trainingRunUpdated(trainingRun: "x") { trainingRun { id } } }'),
      400,
      'OPERATION_RESOLUTION_FAILURE',
      /subscriptions come over a WebSocket/,
    ],
    ['a missing variable', query('query ($id: ID!) { node(id: $id) { id } }'), 400, 'BAD_USER_INPUT', /"\$id"/],
  ])('is refused: %s', async (_, body, status, code, says) => {
    const answer = await post(body);
    expect(answer.status).toBe(status);
    expect(answer.body.errors!.map(({ extensions }) => extensions.code)).toEqual([code]);
    expect(answer.body.errors![0].message).toMatch(says);
    expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|\.[jt]s:\d+/);
  });

  test('is refused when it is too large to be read', async () => {
    const answer = await post(JSON.stringify({ query: `#${' '.repeat(21 * 1024 * 1024)}` }));
    expect(answer.status).toBe(413);
    expect(answer.body.errors).toEqual([
      {
        message: 'the request is larger than 20 MB; split the file and import it in parts',
        extensions: { code: 'TOO_LARGE' },
      },
    ]);
  });

  test('is refused in a character set or an encoding that the server does not know', async () => {
    const unknown: Record<string, string>[] = [
      { 'content-type': 'application/json; charset=x' },
      { 'content-encoding': 'x' },
    ];
    for (const headers of unknown) {
      const answer = await post('{}', headers);
      expect(answer.status).toBe(400);
      expect(answer.body.errors![0].extensions.code).toBe('BAD_USER_INPUT');
    }
  });

  test('changes nothing by GET', async () => {
    const query = 'mutation { createFeatureSet(input: { name: "by-get", runningCoordinationNumbers: {} }) { id } }';
    const before = await server.countRecords();
    const response = await fetch(`${server.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { 'apollo-require-preflight': 'yes' },
    });
    expect(response.status).toBe(405);
    expect(await server.countRecords()).toEqual(before);
  });
});

describe('a defect of the server', () => {
  /** Takes a table away while `work` runs: nothing that a server expects. */
  async function without(table: string, work: () => Promise<void>): Promise<void> {
    await server.sql(`ALTER TABLE ${table} RENAME TO hidden`);
    try {
      await work();
    } finally {
      await server.sql(`ALTER TABLE hidden RENAME TO ${table}`);
    }
  }

  const MASKED = {
    message: 'an internal error; the log of the server has it under the x-request-id of this answer',
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  };

  test('is masked, and found in the log under the id of the request', async () => {
    await without('models', async () => {
      const { requestId, body } = await post(JSON.stringify({ query: '{ models(first: 1) { totalCount } }' }));
      expect(body).toEqual({ data: null, errors: [{ ...MASKED, path: ['models'] }] });
      expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
      await logged(`error: a defect at models [${requestId}]\nQueryFailedError: relation "models" does not exist`);
    });
    expect(await server.request('{ models(first: 1) { totalCount } }')).toEqual({ models: { totalCount: 0 } });
  });

  test('is masked before GraphQL has its turn, too', async () => {
    await without('api_tokens', async () => {
      const { status, requestId, body } = await post('{"query": "{ viewer { name } }"}', { authorization: 'Bearer x' });
      expect(status).toBe(500);
      expect(body).toEqual({ errors: [MASKED] });
      await logged(
        `error: a defect outside GraphQL [${requestId}]\nQueryFailedError: relation "api_tokens" does not exist`,
      );
    });
  });

  test('in one field leaves the others', async () => {
    await without('datasets', async () => {
      const { data, errors } = await server.ask<{ server: object }>(
        '{ server { version } viewer { name } datasets(first: 1) { totalCount } }',
      );
      expect(errors?.map(({ path }) => path)).toEqual([['datasets']]);
      expect(data).toBeNull();
    });
    expect(await errorOf(server, '{ dataset(name: "x") { id } }')).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('rolls a mutation back as a whole', async () => {
    await server.request(
      'mutation { createDataset(input: { name: "d", title: "d", description: "d", licence: "d" }) { id } }',
    );
    const content =
      '1\nid=x program=p program_version=1 method=m basis=b Properties=species:S:1:pos:R:3:sigma_iso:R:1\nNa 0 0 0 1\n';
    const before = await server.countRecords();
    await server.sql('ALTER TABLE calculations ADD CONSTRAINT never CHECK (false) NOT VALID');
    const error = await errorOf(
      server,
      `mutation ($content: String!) { importCalculations(input: { fileName: "x", content: $content, idempotencyKey: "k" }) { inserted } }`,
      { content },
    );
    await server.sql('ALTER TABLE calculations DROP CONSTRAINT never');
    expect(error).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    expect(await server.countRecords()).toEqual(before);
  });
});

test('an address where nothing is names those where something is', async () => {
  const response = await fetch(`${server.url}/graphiql`);
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({
    errors: [{ message: expect.stringMatching(/\/graphiql.*\/playground\//), extensions: { code: 'NOT_FOUND' } }],
  });
});
