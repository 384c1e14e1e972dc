import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { parseArgs } from 'node:util';
import { NatriumError } from '../errors.ts';
import { exportFormatOf, exportPath } from '../registry/datasets/export-formats.ts';
import { parseReference } from '../registry/names.ts';
import type { Print } from './print.ts';
import { requireServer } from './server-address.ts';
import { serverFetch } from './server-fetch.ts';

const BYTES_PER_LINE = 64 << 20;

/**
 * `natrium export DATASET/VERSION FILE`: downloads from the server that uses the data folder. What has come is kept in
 * `FILE.part`; the same command goes on from there, and FILE appears when it is complete and has the sha256 that the server says.
 */
export async function exportDataset(args: readonly string[], print: Print): Promise<void> {
  const { reference, file, featureSet } = readArguments(args);
  const { name, version } = parseReference('data set version', reference);
  if (version === null) throw new NatriumError('BAD_USER_INPUT', `${reference} names no version; write ${name}/1`);
  const path = exportPath(reference, exportFormatOf(file), featureSet);
  const url = `${await requireServer()}${path}`;
  const part = `${file}.part`;
  await download(url, part, print);
  const expected = etagOf(await ask(url, { method: 'HEAD' }))?.slice(1, -1);
  const sha256 = await sha256OfFile(part);
  if (expected !== undefined && sha256 !== expected) {
    await rm(part);
    throw new NatriumError(
      'CORRUPT_ARTIFACT',
      `what came has the sha256 ${sha256}, not ${expected}, and was removed; try again`,
    );
  }
  await rename(part, file);
  print(`${file}: ${(await stat(file)).size} bytes, sha256 ${sha256}`);
}

function readArguments(args: readonly string[]): { reference: string; file: string; featureSet: string | null } {
  const usage = 'usage: natrium export DATASET/VERSION FILE [--features NAME/VERSION]';
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: { features: { type: 'string' } },
      allowPositionals: true,
    });
    if (positionals.length === 2) {
      return { reference: positionals[0], file: positionals[1], featureSet: values.features ?? null };
    }
  } catch (error) {
    throw new NatriumError('BAD_USER_INPUT', `${(error as Error).message}; ${usage}`);
  }
  throw new NatriumError('BAD_USER_INPUT', usage);
}

/** Completes `part`, going on where it ends. */
async function download(url: string, part: string, print: Print): Promise<void> {
  const there = await sizeOf(part);
  const etag = there === 0 ? null : etagOf(await ask(url, { method: 'HEAD' }));
  const headers: Record<string, string> =
    there === 0 ? {} : { range: `bytes=${there}-`, ...(etag === null ? {} : { 'if-range': etag }) };
  const response = await ask(url, { headers });
  if (response.status === 416) {
    // nothing is missing, or what is there is of something else: the sha256 will tell
    await response.body?.cancel();
    return;
  }
  const goesOn = response.status === 206;
  if (goesOn) print(`going on after ${there} bytes`);
  const start = goesOn ? there : 0;
  const rest = response.headers.get('content-length');
  const progress = new Progress(start, rest === null ? null : start + Number(rest), print);
  const body = Readable.fromWeb(response.body as ReadableStream);
  try {
    await pipeline(body, progress, createWriteStream(part, { flags: goesOn ? 'a' : 'w' }));
  } catch (cause) {
    throw new NatriumError(
      'UNAVAILABLE',
      `the download broke off after ${await sizeOf(part)} bytes (${(cause as Error).message}); the same command goes on from there`,
      {},
      { cause },
    );
  }
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  const response = await serverFetch(url, init).catch((cause: Error) => {
    throw new NatriumError(
      'UNAVAILABLE',
      `the server at ${url} does not answer (${cause.message}); try again`,
      {},
      { cause },
    );
  });
  if (response.ok || response.status === 416) return response;
  // the answer to HEAD has no body that could say why
  if (init.method === 'HEAD') return ask(url, { headers: { range: 'bytes=0-0' } });
  const { errors } = (await response.json()) as { errors: readonly { message: string }[] };
  throw new NatriumError('BAD_USER_INPUT', `the server refused: ${errors.map((error) => error.message).join('; ')}`);
}

function etagOf(response: Response): string | null {
  return response.headers.get('etag');
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Passes bytes on and says from time to time how many there are. */
class Progress extends Transform {
  private told: number;

  constructor(
    private count: number,
    private readonly total: number | null,
    private readonly print: Print,
  ) {
    super();
    this.told = count;
  }

  override _transform(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.count += chunk.byteLength;
    if (this.count - this.told >= BYTES_PER_LINE) {
      this.told = this.count;
      const of = this.total === null ? '' : ` of ${megabytes(this.total)}`;
      this.print(`${megabytes(this.count)}${of} MB`);
    }
    this.push(chunk);
    done();
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
