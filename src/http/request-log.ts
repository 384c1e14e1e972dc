import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Log } from '../logging.ts';
import type { Caller } from '../registry/caller.ts';
import { forRequest } from '../request-scope.ts';
import type { Metrics } from './metrics.ts';
import type { Operation } from './operations.ts';

const ROUTES = ['graphql', 'uploads', 'imports', 'exports', 'studies', 'playground', 'livez', 'readyz', 'metrics'];
/** They come all the time and say nothing, unless they fail. */
const QUIET: ReadonlySet<string> = new Set(['/playground', '/livez', '/readyz', '/metrics']);
/** What follows is a secret: whoever knows it may put an upload. */
const UPLOADS = '/uploads';
const LONGEST_PATH = 200;
/** Of a caller, who may so find a request again in logs of their own. */
const GIVEN_ID = /^[\w.:-]{1,64}$/;

/** What the handlers of a request leave for the log. */
export interface RequestLocals {
  requestId: string;
  caller?: Caller;
  operation?: Operation;
  /** The code of an error outside GraphQL. */
  errorCode?: string;
}

/** The id of a request: the one it brings as `x-request-id`, if that can be one. */
export function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === 'string' && GIVEN_ID.test(given) ? given : randomUUID();
}

/** Gives each request an id, which whatever is done for it knows, and the log a line when it has ended. */
export function watchRequests(log: Log, metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    const locals = response.locals as RequestLocals;
    locals.requestId = requestIdOf(request.headers['x-request-id']);
    response.set('x-request-id', locals.requestId);
    const { method, path } = request;
    const route = routeOf(path);
    forRequest(locals.requestId, () => {
      response.once('close', () => {
        const seconds = (performance.now() - started) / 1000;
        const status = response.writableFinished ? String(response.statusCode) : 'aborted';
        metrics.request({ route, method, status, seconds });
        if (locals.operation !== undefined) {
          // Apollo refuses what is no operation before it looks for one
          if (locals.operation.type === 'unknown' && locals.operation.outcome === 'ok')
            locals.operation.outcome = 'BAD_REQUEST';
          metrics.operation(locals.operation, seconds);
        }
        if (QUIET.has(route) && response.statusCode < 400) return;
        const isAborted = !response.writableFinished;
        const shown = { method, path: shownPath(route, path), status: response.statusCode };
        tell(log, locals, { ...shown, milliseconds: Math.round(1000 * seconds) }, isAborted);
      });
      next();
    });
  };
}

interface Shown {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
}

function tell(
  log: Log,
  { requestId, caller, operation, errorCode }: RequestLocals,
  shown: Shown,
  isAborted: boolean,
): void {
  const { method, path, status, milliseconds } = shown;
  const ended = operation?.outcome ?? errorCode ?? (status < 400 ? 'ok' : 'refused');
  const outcome = isAborted ? 'aborted' : ended;
  const asked = operation === undefined || operation.type === 'unknown' ? null : `${operation.type} ${operation.field}`;
  const by = caller === undefined ? '' : ` by ${caller.name}`;
  log.info(`${asked ?? `${method} ${path}`}${by}: ${outcome}, ${milliseconds} ms`, {
    ...{ requestId, ...shown, caller: caller?.name, outcome },
    ...(asked !== null && { operation: asked, operationName: operation?.name }),
  });
}

function shownPath(route: string, path: string): string {
  return route === UPLOADS ? UPLOADS : path.slice(0, LONGEST_PATH);
}

function routeOf(path: string): string {
  const [, first] = path.split('/', 2);
  if (first === '') return '/';
  return ROUTES.includes(first) ? `/${first}` : 'other';
}
