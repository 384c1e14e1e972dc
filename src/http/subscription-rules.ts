import type { IncomingMessage } from 'node:http';
import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql';
import { CloseCode, type Context, type ServerOptions, type SubscribePayload } from 'graphql-ws';
import type { Extra } from 'graphql-ws/use/ws';
import { NatriumError } from '../errors.ts';
import type { Log } from '../logging.ts';
import type { Caller } from '../registry/caller.ts';
import type { RequestContext } from '../resolvers/context.ts';
import { type Authentication, callerOf } from './authentication.ts';
import { causeOf, formatError, isUnexpected } from './graphql-errors.ts';
import type { Metrics } from './metrics.ts';
import { type Operation, operationOf, outcomeOf } from './operations.ts';

const MOST_SUBSCRIPTIONS = 20;
const TRY_AGAIN_LATER = 1013;
/** A close frame has room for 123 bytes. */
const LONGEST_REASON = 123;

export interface SubscriptionParts {
  readonly schema: GraphQLSchema;
  readonly authenticated: Authentication;
  readonly contextOf: (caller: Caller, host: string) => RequestContext;
  readonly requestId: (request: IncomingMessage) => string;
  readonly metrics: Metrics;
  readonly log: Log;
}

interface Begun {
  readonly operation: Operation;
  readonly caller: Caller;
  readonly started: number;
}

type Parameters = Record<string, unknown>;
type Connection = Context<Parameters, Extra>;

export interface SubscriptionRules {
  readonly rules: ServerOptions<Parameters, Extra> & { isProd: boolean };
  /** How many subscriptions there are. */
  held(): number;
}

/** Who may subscribe to what, and how errors are told: as by HTTP. Tokens come as `authorization` in the connection's parameters. */
export function subscriptionRules(parts: SubscriptionParts): SubscriptionRules {
  const { schema, authenticated, contextOf, requestId, metrics, log } = parts;
  const connections = new Set<Connection>();
  const begun = new WeakMap<SubscribePayload, Begun>();
  const callerIn = ({ connectionParams = {}, extra }: Connection): Promise<Caller> => {
    const [, given] = Object.entries(connectionParams).find(([name]) => name.toLowerCase() === 'authorization') ?? [];
    return callerOf(authenticated, given ?? extra.request.headers.authorization);
  };
  const logged = ({ extra }: Connection, what: string, cause: unknown) =>
    log.error(`a defect at ${what}`, { requestId: requestId(extra.request), error: cause });
  const ended = ({ extra }: Connection, { operation, caller, started }: Begun) => {
    const seconds = (performance.now() - started) / 1000;
    metrics.operation(operation, seconds);
    const { field, name, outcome } = operation;
    const milliseconds = Math.round(1000 * seconds);
    log.info(`subscription ${field} by ${caller.name}: ${outcome}, ${milliseconds} ms`, {
      requestId: requestId(extra.request),
      ...{ operation: `subscription ${field}`, operationName: name, caller: caller.name, milliseconds, outcome },
    });
  };
  const format = (connection: Connection, errors: readonly GraphQLError[]): GraphQLFormattedError[] =>
    errors.map((error) => {
      const cause = causeOf(error);
      if (!(cause instanceof NatriumError) && isUnexpected(error)) {
        logged(connection, error.path?.join('.') ?? 'subscription', cause);
      }
      return formatError(error.toJSON(), error);
    });

  const rules: SubscriptionRules['rules'] = {
    // what is wrong inside is not for clients
    isProd: true,
    async onConnect(connection) {
      connections.add(connection);
      try {
        await callerIn(connection);
      } catch (error) {
        if (!(error instanceof NatriumError)) logged(connection, 'connection', error);
        close(connection, error);
        return false;
      }
    },
    async onSubscribe(connection, _id, payload) {
      try {
        const { operation, ...checked } = checkOperation(schema, payload);
        if (Object.keys(connection.subscriptions).length > MOST_SUBSCRIPTIONS) {
          throw new NatriumError(
            'TOO_LARGE',
            `a connection holds ${MOST_SUBSCRIPTIONS} subscriptions at most; complete one, or open another connection`,
          );
        }
        // the token may have been revoked since
        const caller = await callerIn(connection);
        begun.set(payload, { operation: operationOf(operation, checked.document), caller, started: performance.now() });
        return { ...checked, contextValue: contextOf(caller, connection.extra.request.headers.host!) };
      } catch (error) {
        if (error instanceof AggregateError) return error.errors as GraphQLError[];
        return [new GraphQLError((error as Error).message, { originalError: error as Error })];
      }
    },
    async onNext(connection, _id, _payload, _args, { data, errors }) {
      await callerIn(connection).catch((error) => {
        if (error instanceof NatriumError && error.code === 'UNAUTHENTICATED') close(connection, error);
      });
      return { data, ...(errors && { errors: format(connection, errors) }) };
    },
    onError(connection, _id, payload, errors) {
      const formatted = format(connection, errors);
      const subscription = begun.get(payload);
      if (subscription !== undefined) subscription.operation.outcome = outcomeOf(formatted[0]?.extensions?.code);
      return formatted;
    },
    onComplete(connection, _id, payload) {
      const subscription = begun.get(payload);
      if (subscription !== undefined) ended(connection, subscription);
    },
    onClose: (connection) => void connections.delete(connection),
  };
  const held = () => {
    let count = 0;
    for (const { subscriptions } of connections) count += Object.keys(subscriptions).length;
    return count;
  };
  return { rules, held };
}

/**
 * The arguments of a subscription that can be begun.
 *
 * @throws AggregateError of GraphQLErrors with the codes that HTTP would give
 */
function checkOperation(
  schema: GraphQLSchema,
  { query, operationName, variables }: SubscribePayload,
): Pick<ExecutionArgs, 'schema' | 'document' | 'operationName' | 'variableValues'> & {
  readonly operation: OperationDefinitionNode;
} {
  let document: DocumentNode;
  try {
    document = parse(query);
  } catch (error) {
    throw refused([error as GraphQLError], 'GRAPHQL_PARSE_FAILED');
  }
  const invalid = validate(schema, document);
  if (invalid.length > 0) throw refused(invalid, 'GRAPHQL_VALIDATION_FAILED');
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== 'subscription') {
    const message = operation
      ? `a ${operation.operation} does not come over a WebSocket; POST it to the same address`
      : `Unknown operation named ${JSON.stringify(operationName)}.`;
    throw refused([new GraphQLError(message)], 'OPERATION_RESOLUTION_FAILURE');
  }
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {});
  if (errors) throw refused(errors, 'BAD_USER_INPUT');
  return { schema, document, operationName, variableValues: variables, operation };
}

function refused(errors: readonly GraphQLError[], code: string): AggregateError {
  return new AggregateError(
    errors.map(({ message, nodes, source, positions }) => {
      return new GraphQLError(message, { nodes, source, positions, extensions: { code } });
    }),
  );
}

/** Closes a connection whose caller is refused, or cannot be known at the moment. */
function close({ extra }: Connection, error: unknown): void {
  if (!(error instanceof NatriumError)) {
    extra.socket.close(CloseCode.InternalServerError, 'an internal error; the log of the server has it');
    return;
  }
  const code = error.code === 'UNAUTHENTICATED' ? CloseCode.Unauthorized : TRY_AGAIN_LATER;
  const reason = `${error.code}: ${error.message}`;
  extra.socket.close(
    code,
    Buffer.from(reason)
      .subarray(0, LONGEST_REASON)
      .toString()
      .replace(/\ufffd$/, ''),
  );
}
