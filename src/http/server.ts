import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { expressMiddleware } from '@as-integrations/express5';
import express, { type ErrorRequestHandler } from 'express';
import { type ErrorCode, NatriumError } from '../errors.ts';
import type { Log } from '../logging.ts';
import type { Caller } from '../registry/caller.ts';
import type { Operations } from '../registry/operations.ts';
import type { Registry } from '../registry/registry.ts';
import { Loaders, type RequestContext, type ServerFacts } from '../resolvers/context.ts';
import { buildNatriumSchema } from '../resolvers/schema.ts';
import { authentication, scraperAuthentication } from './authentication.ts';
import { exportsRouter } from './exports.ts';
import { formatError, INTERNAL_ERROR } from './graphql-errors.ts';
import { Health } from './health.ts';
import { HostCheck, isLocalOnly, type Reach } from './host-check.ts';
import { importReportRouter } from './import-report.ts';
import { Metrics } from './metrics.ts';
import { type OperationContext, unreadOperation, watchOperations } from './operations.ts';
import { playgroundRouter } from './playground.ts';
import { type RequestLocals, watchRequests } from './request-log.ts';
import { refuseOtherSchema } from './schema-guard.ts';
import { studyReportRouter } from './study-report.ts';
import { serveSubscriptions } from './subscriptions.ts';
import { type UploadReceiver, uploadRouter } from './uploads.ts';

/** For requests to end when the server stops; workers give back what they have meanwhile. */
const LONGEST_REQUEST_MS = 9000;

/** Inline files may have 8 MiB; JSON escapes can double that. */
const LARGEST_BODY = '20mb';

export interface HttpServer {
  readonly url: string;
  stop(): Promise<void>;
}

export interface HttpServerOptions {
  readonly registry: Registry;
  /** Null where uploads do not pass through this server. */
  readonly receiver: UploadReceiver | null;
  readonly facts: ServerFacts;
  readonly operations: Operations;
  readonly reach: Reach;
  readonly port: number;
  readonly log: Log;
}

/** The API where it shall be reached. The pipeline of a request reads from top to bottom. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { registry, receiver, facts, operations, reach, log } = options;
  const app = express();
  const server = createServer(app);
  const schema = buildNatriumSchema();
  const apollo = new ApolloServer<OperationContext>({
    schema,
    introspection: true,
    persistedQueries: false,
    formatError,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginDrainHttpServer({ httpServer: server, stopGracePeriodMillis: LONGEST_REQUEST_MS }),
      watchOperations(log),
    ],
  });
  await apollo.start();
  const hostCheck = new HostCheck(reach);
  const authenticated = { registry, isLocalOnly: isLocalOnly(reach) };
  const health = new Health(operations, log);
  const contextOf = (caller: Caller, host: string): RequestContext => ({
    caller,
    baseUrl: hostCheck.baseUrl(host),
    registry,
    load: new Loaders(registry.store),
    server: facts,
  });

  app.disable('x-powered-by');
  const metrics = new Metrics(operations, () => subscriptions.counts(), log);
  app.use(watchRequests(log, metrics));
  app.use(health.router());
  app.use(hostCheck.handler);
  app.get('/', (_request, response) => response.redirect('/playground/'));
  app.get('/metrics', scraperAuthentication(authenticated), metrics.handler);
  app.use('/playground', playgroundRouter());
  app.use(refuseOtherSchema(operations));
  if (receiver !== null) app.use('/uploads', uploadRouter(registry, receiver));
  app.use('/imports', authentication(authenticated), importReportRouter(registry));
  app.use('/exports', authentication(authenticated), exportsRouter(registry, log));
  app.use('/studies', authentication(authenticated), studyReportRouter({ schema, contextOf }));
  app.use('/graphql', express.json({ limit: LARGEST_BODY }), authentication(authenticated));
  app.use(
    '/graphql',
    expressMiddleware(apollo, {
      context: async ({ req, res }) => {
        const locals = res.locals as RequestLocals;
        locals.operation = unreadOperation();
        return { ...contextOf(locals.caller!, req.headers.host!), operation: locals.operation };
      },
    }),
  );
  const subscriptions = serveSubscriptions(server, { schema, authenticated, hostCheck, contextOf, metrics, log });

  app.use((request) => {
    throw new NatriumError(
      'NOT_FOUND',
      `there is nothing at ${request.path}; the API is at /graphql, the playground at /playground/`,
    );
  });
  app.use(answerError, maskUnexpectedErrors(log));

  await listen(server, reach.host, options.port);
  const stop = async () => {
    health.stop();
    await subscriptions.stop();
    await apollo.stop();
  };
  return { url: localUrl(server.address() as AddressInfo), stop };
}

const STATUS_OF_CODE: Partial<Readonly<Record<ErrorCode, number>>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  INVALID_STATE: 409,
  TOO_LARGE: 413,
  FEATURES_UNAVAILABLE: 422,
  CORRUPT_ARTIFACT: 500,
  UNAVAILABLE: 503,
};

/** Errors outside GraphQL, in GraphQL's form. */
const answerError: ErrorRequestHandler = (error, _request, response, next) => {
  const known = asNatriumError(error);
  if (known === null || response.headersSent) {
    next(error);
    return;
  }
  response.locals.errorCode = known.code;
  response
    .status(STATUS_OF_CODE[known.code] ?? 400)
    .json({ errors: [{ message: known.message, extensions: { ...known.details, code: known.code } }] });
};

/** What fails outside GraphQL: as in GraphQL, the caller learns only where to look. */
function maskUnexpectedErrors(log: Log): ErrorRequestHandler {
  return (error, _request, response, next) => {
    log.error('a defect outside GraphQL', { error });
    response.locals.errorCode = INTERNAL_ERROR.extensions.code;
    if (response.headersSent) {
      next(error);
      return;
    }
    response.status(500).json({ errors: [INTERNAL_ERROR] });
  };
}

function asNatriumError(error: unknown): NatriumError | null {
  if (error instanceof NatriumError) return error;
  const { type, message } = error as { type?: string; message?: string };
  if (error instanceof URIError) return new NatriumError('BAD_USER_INPUT', `the path cannot be read: ${message}`);
  if (type === 'entity.too.large') {
    return new NatriumError('TOO_LARGE', 'the request is larger than 20 MB; split the file and import it in parts');
  }
  return type === undefined
    ? null
    : new NatriumError('BAD_USER_INPUT', `the body of the request cannot be read: ${message}; send JSON in UTF-8`);
}

/** The address for programs on this machine. */
function localUrl({ address, port }: AddressInfo): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (address === '::') return `http://[::1]:${port}`;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(new NatriumError('UNAVAILABLE', reasonOf(cause, host, port), {}, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

function reasonOf({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === 'EADDRINUSE') {
    return `port ${port} is in use; stop the other program or set NATRIUM_PORT to another port`;
  }
  if (code === 'EADDRNOTAVAIL') {
    return `this machine has no address ${host}; set NATRIUM_HOST to one that it has, or to 0.0.0.0 for all`;
  }
  return `cannot listen on port ${port}: ${message}; set NATRIUM_PORT to another port`;
}
