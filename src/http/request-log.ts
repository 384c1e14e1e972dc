import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
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
    const { locals } = response as Response<unknown, RequestLocals>;
    locals.requestId = requestIdOf(request.headers['x-request-id']);
    response.set('x-request-id', locals.requestId);
    const { method } = request;
    const route = routeOf(request.path);
    const path = route === UPLOADS ? UPLOADS : request.path.slice(0, LONGEST_PATH);
    forRequest(locals.requestId, () => {
      response.once('close', () => {
        const seconds = (performance.now() - started) / 1000;
        const isComplete = response.writableFinished;
        const { operation, caller } = locals;
        const status = response.statusCode;
        metrics.request({ route, method, status: isComplete ? String(status) : 'aborted', seconds });
        if (operation !== undefined) metrics.operation(operation, seconds);
        if (QUIET.has(route) && status < 400) return;
        const outcome = isComplete
          ? (operation?.outcome ?? locals.errorCode ?? (status < 400 ? 'ok' : 'error'))
          : 'aborted';
        const what = operation === undefined ? `${method} ${path}` : `${operation.type} ${operation.field}`;
        const by = caller === undefined ? '' : ` by ${caller.name}`;
        const milliseconds = Math.round(1000 * seconds);
        log.info(`${what}${by}: ${outcome}, ${milliseconds} ms`, {
          requestId: locals.requestId,
          ...{ method, path, status, caller: caller?.name, milliseconds, outcome },
          ...(operation && { operation: `${operation.type} ${operation.field}`, operationName: operation.name }),
        });
      });
      next();
    });
  };
}

function routeOf(path: string): string {
  const [, first] = path.split('/', 2);
  if (first === '') return '/';
  return ROUTES.includes(first) ? `/${first}` : 'other';
}
