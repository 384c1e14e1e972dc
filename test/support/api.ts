import { readFileSync } from 'node:fs';
import pg from 'pg';
import { expect } from 'vitest';
import { testDatabase } from './postgres.ts';
import { startTestServer, type TestServer } from './server.ts';

/** A server on a database that the test can look into. */
export interface ApiServer extends TestServer {
  readonly databaseUrl: string;
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Rows of every table, queued jobs included: what a refused request must leave alone. */
  countRecords(): Promise<Record<string, number>>;
}

/** Starts a server in a fresh database; without workers unless asked, so that queued trainings stay queued. */
export async function startApiServer({ workers = 0 } = {}): Promise<ApiServer> {
  const database = await testDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const server = await startTestServer({
    environment: { DATABASE_URL: database.url, NATRIUM_WORKERS: String(workers) },
  });
  const sql: ApiServer['sql'] = async (text, values) => (await client.query(text, values)).rows;
  const tables = (await sql(`SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`)).map(
    (row) => `public.${row.tablename}`,
  );
  const counts = [...tables, 'pgboss.job'].map((table) => `SELECT '${table}' AS name, count(*)::int FROM ${table}`);
  return {
    ...server,
    databaseUrl: database.url,
    sql,
    async countRecords() {
      const rows = await sql(counts.join(' UNION ALL '));
      return Object.fromEntries(rows.map((row) => [row.name as string, row.count as number]));
    },
    async dispose() {
      await server.dispose();
      await client.end();
      await database.drop();
    },
  };
}

export interface ApiError {
  readonly code: string;
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** The only error of a request that must fail. */
export async function errorOf(
  server: TestServer,
  query: string,
  variables: object = {},
  headers: object = {},
): Promise<ApiError> {
  const { data, errors } = await server.ask(query, variables, headers);
  if (errors?.length !== 1) throw new Error(`expected one error, got ${JSON.stringify({ data, errors })}`);
  const [{ message, extensions }] = errors;
  return { code: extensions.code, message, extensions };
}

/** The error of a request that must fail and leave every table as it was. */
export async function refusal(server: ApiServer, query: string, variables: object = {}): Promise<ApiError> {
  const before = await server.countRecords();
  const error = await errorOf(server, query, variables);
  expect(await server.countRecords()).toEqual(before);
  return error;
}

export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
}

export interface ImportedItem {
  readonly line: number;
  readonly label: string | null;
  readonly status: 'INSERTED' | 'EXISTING' | 'REJECTED';
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly cluster: { readonly id: string } | null;
  readonly calculation: { readonly id: string } | null;
}

export interface ImportReport {
  readonly fileName: string;
  readonly sourceSha256: string | null;
  readonly inserted: number;
  readonly existing: number;
  readonly rejected: number;
  readonly items: readonly ImportedItem[];
}

const REPORT = `fileName sourceSha256 inserted existing rejected
  items { line label status error { code message } cluster { id } calculation { id } }`;

export const IMPORT_CALCULATIONS = `mutation ($input: ImportCalculationsInput!) {
  report: importCalculations(input: $input) { ${REPORT} }
}`;

export const IMPORT_STRUCTURES = `mutation ($input: ImportStructuresInput!) {
  report: importStructures(input: $input) { ${REPORT} }
}`;

export async function importCalculations(
  server: TestServer,
  content: string,
  input: object = {},
): Promise<ImportReport> {
  const variables = { input: { fileName: 'test.extxyz', content, ...input } };
  return (await server.request<{ report: ImportReport }>(IMPORT_CALCULATIONS, variables)).report;
}

export async function importStructures(server: TestServer, content: string): Promise<ImportReport> {
  const variables = { input: { fileName: 'test.extxyz', content } };
  return (await server.request<{ report: ImportReport }>(IMPORT_STRUCTURES, variables)).report;
}

export interface Frame {
  readonly id?: string;
  readonly elements?: readonly string[];
  readonly positions?: readonly (readonly number[])[];
  readonly sigma?: readonly (number | string)[];
  /** Further keys of the comment line. */
  readonly keys?: string;
  /** Program, version, method and basis. */
  readonly level?: string;
}

export const INVENTED_LEVEL = 'program=invented program_version=1 method=none basis=none';

let frames = 0;

/** One frame of extended XYZ with made-up shieldings; each differs from all others unless it says where its atoms are. */
export function frame({
  positions = [
    [0, 0, 0],
    [3 + ++frames / 1e4, 0, 0],
  ],
  elements = positions.map(() => 'Na'),
  sigma = positions.map((_, i) => 500 + i),
  id = undefined,
  keys = '',
  level = INVENTED_LEVEL,
}: Frame = {}): string {
  const comment = `Properties=species:S:1:pos:R:3:sigma_iso:R:1 pbc="F F F" ${id === undefined ? '' : `id=${id}`} ${level} ${keys}`;
  const rows = positions.map((position, i) => `${elements[i]} ${position.join(' ')} ${sigma[i]}`);
  return `${[positions.length, comment, ...rows].join('\n')}\n`;
}

/** Id of the level of theory of some program; of the only one unless it is named. */
export async function levelOfTheoryId(server: TestServer, program?: string): Promise<string> {
  const { levels } = await server.request<{ levels: { id: string; program: string }[] }>(
    '{ levels: levelsOfTheory { id program } }',
  );
  return levels.find((each) => program === undefined || each.program === program)!.id;
}

/** A reference whose value is as invented as the shieldings; its id. */
export async function setShieldingReference(server: TestServer, input: object): Promise<string> {
  const { reference } = await server.request<{ reference: { id: string } }>(
    `mutation ($input: SetShieldingReferenceInput!) { reference: setShieldingReference(input: $input) { id } }`,
    { input: { shieldingPpm: 576.25, compound: 'invented', source: 'invented', ...input } },
  );
  return reference.id;
}

/** A row of `size` sodium atoms, 3 Å apart but for the last one, which sets the cluster apart. */
export function rowOfAtoms(size: number, last: number): number[][] {
  return Array.from({ length: size }, (_, i) => [3 * i + (i === size - 1 ? last : 0), 0, 0]);
}

export async function createDataset(server: TestServer, name: string, input: object = {}): Promise<string> {
  const { dataset } = await server.request<{ dataset: { id: string } }>(
    `mutation ($input: CreateDatasetInput!) { dataset: createDataset(input: $input) { id } }`,
    { input: { name, title: 'Invented', description: 'Invented numbers', licence: 'CC0-1.0', ...input } },
  );
  return dataset.id;
}

export const CREATE_VERSION = `mutation ($input: CreateDatasetVersionInput!) {
  version: createDatasetVersion(input: $input) {
    id reference version sha256 splitMethod splitCounts { split clusters atoms }
    levelsOfTheory { program }
    calculations(first: 200) { totalCount nodes { id label } }
  }
}`;

export interface DatasetVersion {
  readonly id: string;
  readonly reference: string;
  readonly version: number;
  readonly sha256: string;
  readonly splitMethod: object;
  readonly splitCounts: readonly { readonly split: string; readonly clusters: number; readonly atoms: number }[];
  readonly levelsOfTheory: readonly { readonly program: string }[];
  readonly calculations: {
    readonly totalCount: number;
    readonly nodes: readonly { readonly id: string; readonly label: string | null }[];
  };
}

export async function createVersion(server: TestServer, input: object): Promise<DatasetVersion> {
  return (await server.request<{ version: DatasetVersion }>(CREATE_VERSION, { input })).version;
}

export async function importOne(server: TestServer, input: Frame = {}): Promise<string> {
  const { items } = await importCalculations(server, frame(input));
  return items[0].calculation!.id;
}

/** Five clusters of as many atoms as their labels say, split as given; ids of their calculations by label. */
export async function importSmallClusters(
  server: TestServer,
): Promise<{ readonly ids: Record<string, string>; readonly source: string }> {
  const splits = { a2: 'train', b2: 'train', a3: 'validation', b3: 'validation', a4: 'test' };
  const content = Object.entries(splits).map(([id, split], i) =>
    frame({ id, positions: rowOfAtoms(Number(id[1]), 0.1 * i), keys: `split=${split}` }),
  );
  const { items, sourceSha256 } = await importCalculations(server, content.join(''));
  return {
    ids: Object.fromEntries(items.map(({ label, calculation }) => [label!, calculation!.id])),
    source: sourceSha256!,
  };
}

export async function invalidateCalculation(
  server: TestServer,
  calculation: string,
  reason = 'did not converge',
): Promise<void> {
  await server.request(
    `mutation ($input: InvalidateCalculationInput!) { invalidateCalculation(input: $input) { id } }`,
    { input: { calculation, reason } },
  );
}
