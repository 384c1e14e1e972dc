import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as wait } from 'node:timers/promises';
import type { ParseArgsConfig } from 'node:util';
import { FILE_FORMATS } from '../chemistry/formats.ts';
import { NatriumError } from '../errors.ts';
import { commandLine } from './command-line.ts';
import { GraphqlClient } from './graphql-client.ts';
import type { Print } from './print.ts';
import { requireServer } from './server-address.ts';
import { serverFetch } from './server-fetch.ts';

const POLL_MS = 500;
/** Between two lines of progress. */
const PROGRESS_MS = 5000;

const USAGE = `usage: natrium import [OPTIONS] FILE...

Brings files into the server that runs on this data folder: outputs of Gaussian, ORCA and NWChem, extended XYZ, QCSchema, CSV,
any of these packed by gzip, and .tar, .tar.gz and .zip archives of them. Each result is stored once.

  --structures           clusters alone; shieldings that the files may hold are left alone
  --format NAME          ${FILE_FORMATS.join(', ').toLowerCase()}; otherwise each file is taken for what it begins like
  --level-of-theory PROGRAM/VERSION/METHOD/BASIS
                         of results that do not say theirs
  --report FILE          what became of each item, as CSV`;

const OPTIONS = {
  structures: { type: 'boolean' },
  format: { type: 'string' },
  'level-of-theory': { type: 'string' },
  report: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} satisfies ParseArgsConfig['options'];

const { parse, wrongUse } = commandLine('import', OPTIONS);

interface State {
  readonly state: string;
  readonly failure: string | null;
  readonly inserted: number;
  readonly existing: number;
  readonly rejected: number;
  readonly reportUrl: string;
}

interface Refused {
  readonly totalCount: number;
  readonly nodes: readonly { readonly error: { readonly message: string } }[];
}

/**
 * `natrium import FILE...`: puts files to the server that uses the data folder and waits for their import. Throws a
 * NatriumError if the import failed or rejected an item; whatever is good is stored all the same.
 */
export async function importFiles(args: readonly string[], print: Print): Promise<void> {
  const { values, positionals: paths } = parse(args);
  if (values.help) {
    print(USAGE);
    return;
  }
  if (paths.length === 0) throw wrongUse('name a file');
  const input = inputOf(values);
  const server = await requireServer();
  const client = new GraphqlClient(`${server}/graphql`);
  const uploads: string[] = [];
  for (const path of paths) uploads.push(await upload(client, path, print));
  const { started } = await client.request<{ started: { id: string } }>(
    `mutation ($input: StartImportInput!) { started: startImport(input: $input) { id } }`,
    { input: { ...input, uploads } },
  );
  const finished = await finish(client, started.id, print);
  if (values.report !== undefined) await saveReport(finished.reportUrl, values.report);
  print(countsOf(finished));
  if (finished.state !== 'SUCCEEDED') {
    throw new NatriumError('BAD_USER_INPUT', `the import ${finished.state.toLowerCase()}: ${finished.failure}`);
  }
  if (finished.rejected > 0) throw await firstRefusal(client, started.id, values.report);
}

function inputOf(values: ReturnType<typeof parse>['values']): object {
  const format = values.format?.toUpperCase();
  if (format !== undefined && !(FILE_FORMATS as readonly string[]).includes(format)) {
    throw wrongUse(
      `--format is ${JSON.stringify(values.format)}; give one of ${FILE_FORMATS.join(', ').toLowerCase()}`,
    );
  }
  const level = values['level-of-theory']?.split('/');
  if (level !== undefined && (level.length !== 4 || level.includes(''))) {
    throw wrongUse('--level-of-theory has four parts, such as Gaussian/16/UB3LYP/6-31G(d)');
  }
  const [program, version, method, basis] = level ?? [];
  return {
    content: values.structures ? 'STRUCTURES' : 'CALCULATIONS',
    ...(format !== undefined && { format }),
    ...(level !== undefined && { levelOfTheory: { program, version, method, basis } }),
  };
}

async function upload(client: GraphqlClient, path: string, print: Print): Promise<string> {
  const file = await stat(path).catch((error: Error) => {
    throw new NatriumError('BAD_USER_INPUT', `cannot read ${path}: ${error.message}`);
  });
  if (!file.isFile()) throw new NatriumError('BAD_USER_INPUT', `${path} is no file; name files, such as ${path}/*`);
  const { requested } = await client.request<{ requested: { id: string; url: string } }>(
    `mutation ($input: RequestUploadInput!) { requested: requestUpload(input: $input) { id url } }`,
    { input: { fileName: basename(path), byteLength: file.size } },
  );
  await put(requested.url, path, file.size);
  print(`${path}: ${(file.size / 1e6).toFixed(1)} MB uploaded`);
  return requested.id;
}

/** With its length, which an S3 asks for and fetch does not tell of a stream. */
async function put(url: string, path: string, length: number): Promise<void> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  const sent = request(url, { method: 'PUT', headers: { 'content-length': length } });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve);
    sent.once('error', reject);
  });
  const [answer] = await Promise.all([answered, pipeline(createReadStream(path), sent)]).catch((error: Error) => {
    throw new NatriumError('UNAVAILABLE', `the upload of ${path} broke off (${error.message}); try again`);
  });
  const body = await text(answer);
  if (answer.statusCode! >= 300) {
    throw new NatriumError('UNAVAILABLE', `the upload of ${path} was refused (${answer.statusCode}): ${body}`);
  }
}

async function finish(client: GraphqlClient, id: string, print: Print): Promise<State> {
  for (let told = Date.now(); ; await wait(POLL_MS)) {
    const { found } = await client.request<{ found: State }>(
      `query ($id: ID!) { found: import(id: $id) { state failure inserted existing rejected reportUrl } }`,
      { id },
    );
    if (found.state !== 'QUEUED' && found.state !== 'RUNNING') return found;
    if (Date.now() - told < PROGRESS_MS) continue;
    told = Date.now();
    print(found.state === 'QUEUED' ? 'waiting for a worker' : countsOf(found));
  }
}

function countsOf({ inserted, existing, rejected }: State): string {
  return `${inserted} inserted, ${existing} existing, ${rejected} rejected`;
}

async function saveReport(url: string, path: string): Promise<void> {
  const response = await serverFetch(url);
  if (!response.ok) throw new NatriumError('UNAVAILABLE', `the report cannot be downloaded: ${await response.text()}`);
  await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(path));
}

async function firstRefusal(client: GraphqlClient, id: string, report: string | undefined): Promise<NatriumError> {
  const { found } = await client.request<{ found: { items: Refused } }>(
    `query ($id: ID!) { found: import(id: $id) {
      items(first: 1, status: REJECTED) { totalCount nodes { error { message } } }
    } }`,
    { id },
  );
  const { totalCount, nodes } = found.items;
  const more = totalCount > 1 ? ` (and ${totalCount - 1} more; see ${report ?? 'the report: --report FILE'})` : '';
  return new NatriumError('BAD_USER_INPUT', nodes[0].error.message + more);
}
