import { type TestServer, until } from './server.ts';

export interface BulkImport {
  readonly id: string;
  readonly state: 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  readonly failure: string | null;
  readonly inserted: number;
  readonly existing: number;
  readonly rejected: number;
  readonly uploadsDone: number;
  readonly finishedAt: string | null;
  readonly reportUrl: string;
  readonly uploads: readonly { readonly id: string; readonly sha256: string | null; readonly url: string | null }[];
}

const IMPORT = `id state failure inserted existing rejected uploadsDone finishedAt reportUrl uploads { id sha256 url byteLength }`;

/** Asks for an address and puts the bytes there; answers the id of the upload. */
export async function upload(
  server: TestServer,
  fileName: string,
  bytes: Uint8Array | string,
  byteLength: number | null = Buffer.byteLength(bytes),
): Promise<string> {
  const { requested } = await server.request<{ requested: { id: string; url: string } }>(
    `mutation ($input: RequestUploadInput!) { requested: requestUpload(input: $input) { id url } }`,
    { input: { fileName, byteLength } },
  );
  const response = await fetch(requested.url, { method: 'PUT', body: bytes as Uint8Array<ArrayBuffer> });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return requested.id;
}

export async function startImport(
  server: TestServer,
  uploads: readonly string[],
  input: object = {},
): Promise<BulkImport> {
  const { started } = await server.request<{ started: BulkImport }>(
    `mutation ($input: StartImportInput!) { started: startImport(input: $input) { ${IMPORT} } }`,
    { input: { uploads, ...input } },
  );
  return started;
}

export async function findImport(server: TestServer, id: string): Promise<BulkImport> {
  return (
    await server.request<{ found: BulkImport }>(`query ($id: ID!) { found: import(id: $id) { ${IMPORT} } }`, { id })
  ).found;
}

/** The import when it is over. */
export function finishedImport(server: TestServer, id: string): Promise<BulkImport> {
  return until(
    async () => {
      const found = await findImport(server, id);
      return found.finishedAt === null ? null : found;
    },
    'the end of the import',
    110,
  );
}

/** Uploads files and imports them; answers the import when it is over. */
export async function importFiles(
  server: TestServer,
  files: Readonly<Record<string, Uint8Array | string>>,
  input: object = {},
): Promise<BulkImport> {
  const uploads: string[] = [];
  for (const [name, bytes] of Object.entries(files)) uploads.push(await upload(server, name, bytes));
  return finishedImport(server, (await startImport(server, uploads, input)).id);
}

/** The rows of the downloaded report, without the header. */
export async function report(server: TestServer, { reportUrl }: BulkImport): Promise<string[]> {
  const response = await fetch(reportUrl);
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}\n${server.output()}`);
  return (await response.text()).trimEnd().split('\r\n').slice(1);
}
