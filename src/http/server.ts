import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { expressMiddleware } from '@as-integrations/express5';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { GraphQLError } from 'graphql';
import { type ErrorCode, NatriumError } from '../errors.ts';
import type { Caller } from '../registry/caller.ts';
import type { Registry } from '../registry/registry.ts';
import { Loaders, type RequestContext, type ServerFacts } from '../resolvers/context.ts';
import { buildNatriumSchema } from '../resolvers/schema.ts';
import { authentication } from './authentication.ts';
import { exportsRouter } from './exports.ts';
import { causeOf, formatError, INTERNAL_ERROR, isUnexpected } from './graphql-errors.ts';
import { hostCheck } from './host-check.ts';
import { importReportRouter } from './import-report.ts';
import { playgroundRouter } from './playground.ts';
import { studyReportRouter } from './study-report.ts';
import { serveSubscriptions } from './subscriptions.ts';
import { type UploadReceiver, uploadRouter } from './uploads.ts';

const LOOPBACK_ADDRESS = '127.0.0.1';

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
  readonly port: number;
  readonly log: (line: string) => void;
}

/** The API on the loopback interface. The pipeline of a request reads from top to bottom. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { registry, receiver, facts, log } = options;
  const app = express();
  const server = createServer(app);
  const schema = buildNatriumSchema();
  const apollo = new ApolloServer<RequestContext & { requestId: string }>({
    schema,
    introspection: true,
    persistedQueries: false,
    formatError,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginDrainHttpServer({ httpServer: server, stopGracePeriodMillis: 5000 }),
      watchOperations(log),
    ],
  });
  await apollo.start();
  const contextOf = (caller: Caller, host: string): RequestContext => ({
    caller,
    baseUrl: `http://${host}`,
    registry,
    load: new Loaders(registry.store),
    server: facts,
  });

  app.disable('x-powered-by');
  app.use(hostCheck);
  app.use(requestId);
  app.get('/', (_request, response) => response.redirect('/playground/'));
  app.get('/livez', (_request, response) => void response.type('text/plain').send('ok\n'));
  app.use('/playground', playgroundRouter());
  if (receiver !== null) app.use('/uploads', uploadRouter(registry, receiver));
  app.use('/imports', authentication(registry), importReportRouter(registry));
  app.use('/exports', authentication(registry), exportsRouter(registry, log));
  app.use('/studies', authentication(registry), studyReportRouter({ schema, contextOf }));
  app.use('/graphql', express.json({ limit: LARGEST_BODY }), authentication(registry));
  app.use(
    '/graphql',
    expressMiddleware(apollo, {
      context: async ({ req, res }) => ({
        ...contextOf(
          { ...(res.locals.caller as Caller), requestId: res.locals.requestId as string },
          req.headers.host!,
        ),
        requestId: res.locals.requestId as string,
      }),
    }),
  );
  const subscriptions = serveSubscriptions(server, { schema, registry, contextOf, log });

  app.use((request) => {
    throw new NatriumError(
      'NOT_FOUND',
      `there is nothing at ${request.path}; the API is at /graphql, the playground at /playground/`,
    );
  });
  app.use(answerError, maskUnexpectedErrors(log));

  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    await subscriptions.stop();
    await apollo.stop();
  };
  return { url: `http://${LOOPBACK_ADDRESS}:${port}`, stop };
}

const requestId: RequestHandler = (_request, response, next) => {
  response.locals.requestId = randomUUID();
  response.set('x-request-id', response.locals.requestId);
  next();
};

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
  response
    .status(STATUS_OF_CODE[known.code] ?? 400)
    .json({ errors: [{ message: known.message, extensions: { ...known.details, code: known.code } }] });
};

/** What fails outside GraphQL: as in GraphQL, the caller learns only where to look. */
function maskUnexpectedErrors(log: (line: string) => void): ErrorRequestHandler {
  return (error, _request, response, next) => {
    log(`request ${response.locals.requestId}: ${error instanceof Error ? error.stack : String(error)}`);
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

function watchOperations(log: (line: string) => void): ApolloServerPlugin<RequestContext & { requestId: string }> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ operation }) {
          if (operation?.operation === 'subscription') {
            throw new GraphQLError(
              'subscriptions come over a WebSocket (graphql-transport-ws) to this address; or ask with a query',
              {
                extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } },
              },
            );
          }
        },
        async didEncounterErrors({ errors, contextValue }) {
          for (const error of errors) {
            const cause = causeOf(error);
            if (cause instanceof NatriumError || !isUnexpected(error)) continue;
            const stack = cause instanceof Error ? cause.stack : String(cause);
            log(`request ${contextValue.requestId} ${error.path?.join('.') ?? ''}: ${stack}`);
          }
        },
      };
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const message =
        cause.code === 'EADDRINUSE'
          ? `port ${port} is in use; stop the other program or set NATRIUM_PORT to another port`
          : `cannot listen on port ${port}: ${cause.message}; set NATRIUM_PORT to another port`;
      reject(new NatriumError('UNAVAILABLE', message, {}, { cause }));
    });
    server.listen(port, LOOPBACK_ADDRESS, resolve);
  });
}
