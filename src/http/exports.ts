import { pipeline } from 'node:stream/promises';
import { type Request, type Response, Router } from 'express';
import { NatriumError } from '../errors.ts';
import type { Log } from '../logging.ts';
import type { Caller } from '../registry/caller.ts';
import { exportFormatOf } from '../registry/datasets/export-formats.ts';
import type { MadeExport, OpenExport } from '../registry/datasets/exports.ts';
import type { ByteRange } from '../registry/ports.ts';
import type { Registry } from '../registry/registry.ts';

/**
 * Data set versions as files: `/<data set>/<version>.<extension>`, for CSV with `?featureSet=name/1`. A file that was asked for
 * before has a length, its sha256 as a strong ETag, and ranges (RFC 9110); one that was not is answered as it is made, of
 * unknown length, unless a range is asked for, which waits. What goes wrong after the first byte breaks the connection.
 */
export function exportsRouter(registry: Registry, log: Log): Router {
  const router = Router();
  router.get('/:dataset/:file', async (request, response) => {
    const { dataset, file } = request.params;
    const format = exportFormatOf(file);
    const version = file.slice(0, file.lastIndexOf('.'));
    const { caller } = response.locals as { caller: Caller };
    for (let isFirst = true; ; isFirst = false) {
      const opened = await registry.exports.open(caller, `${dataset}/${version}`, format, featureSetOf(request));
      response.attachment(opened.fileName).type(opened.mediaType).set('Accept-Ranges', 'bytes');
      try {
        await answer(request, response, opened, log);
        return;
      } catch (error) {
        forgetFile(response);
        // what is missing from the artifact store is made again
        if (!isFirst || !(error instanceof NatriumError && error.code === 'CORRUPT_ARTIFACT')) throw error;
      }
    }
  });
  return router;
}

function featureSetOf({ query }: Request): string | null {
  const { featureSet = null } = query;
  if (featureSet === null || typeof featureSet === 'string') return featureSet;
  throw new NatriumError('BAD_USER_INPUT', 'featureSet is given more than once; name one, as in ?featureSet=cn/1');
}

async function answer(request: Request, response: Response, { state }: OpenExport, log: Log): Promise<void> {
  if ('sha256' in state) {
    await answerMade(request, response, state, log);
    return;
  }
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  // before HTTP 1.1 an answer of unknown length ends with the connection, however that came about
  if (request.headers.range !== undefined || request.httpVersion === '1.0') {
    await answerMade(request, response, await state.made(), log);
    return;
  }
  await send(response, await state.follow(), log);
}

async function answerMade(request: Request, response: Response, made: MadeExport, log: Log): Promise<void> {
  response.set('ETag', `"${made.sha256}"`);
  if (request.fresh) {
    response.status(304).end();
    return;
  }
  const range = rangeOf(request, response, made.byteLength);
  if (range === 'UNSATISFIABLE') {
    forgetFile(response);
    response.set('Content-Range', `bytes */${made.byteLength}`);
    const message = `there are ${made.byteLength} bytes, and none in the range ${request.headers.range}`;
    response.status(416).json({ errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] });
    return;
  }
  const { start, end } = range ?? { start: 0, end: made.byteLength };
  response.set('Content-Length', String(end - start));
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const bytes = await made.read(range ?? undefined);
  if (range !== null) response.status(206).set('Content-Range', `bytes ${start}-${end - 1}/${made.byteLength}`);
  await send(response, bytes, log);
}

/** What is answered instead of the file is JSON. */
function forgetFile(response: Response): void {
  if (response.headersSent) return;
  const about = ['Content-Disposition', 'Content-Type', 'Content-Length', 'Content-Range', 'ETag', 'Accept-Ranges'];
  for (const name of about) response.removeHeader(name);
}

/** The one range that is asked for; null for all: no range, several, one that makes no sense, or one of other bytes. */
function rangeOf(request: Request, response: Response, size: number): ByteRange | 'UNSATISFIABLE' | null {
  const condition = request.headers['if-range'];
  const isOther = condition !== undefined && condition !== response.get('ETag');
  if (request.method === 'HEAD' || isOther) return null;
  // the parser knows no suffix longer than the file, which RFC 9110 (14.1.2) takes for the whole of it
  const suffix = /^bytes=-(\d+)$/.exec(request.headers.range ?? '')?.[1];
  if (Number(suffix) > size) return { start: 0, end: size };
  const ranges = request.range(size);
  if (ranges === -1) return 'UNSATISFIABLE';
  if (ranges === undefined || ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return null;
  return { start: ranges[0].start, end: ranges[0].end + 1 };
}

async function send(response: Response, bytes: NodeJS.ReadableStream, log: Log): Promise<void> {
  try {
    await pipeline(bytes, response);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // the caller went away
    if (code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    log.error(`an export broke off: ${(error as Error).message}`);
    response.destroy();
  }
}
