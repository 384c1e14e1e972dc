import type { IncomingMessage } from 'node:http';
import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  parse,
  validate,
} from 'graphql';
import { CloseCode, type Context, type ServerOptions, type SubscribePayload } from 'graphql-ws';
import type { Extra } from 'graphql-ws/use/ws';
import { NatriumError } from '../errors.ts';
import type { Caller } from '../registry/caller.ts';
import type { Registry } from '../registry/registry.ts';
import type { RequestContext } from '../resolvers/context.ts';
import { callerOf } from './authentication.ts';
import { causeOf, formatError, isUnexpected } from './graphql-errors.ts';

const MOST_SUBSCRIPTIONS = 20;
const TRY_AGAIN_LATER = 1013;
/** A close frame has room for 123 bytes. */
const LONGEST_REASON = 123;

export interface SubscriptionParts {
  readonly schema: GraphQLSchema;
  readonly registry: Registry;
  readonly contextOf: (caller: Caller, host: string) => RequestContext;
  readonly requestId: (request: IncomingMessage) => string;
  readonly log: (line: string) => void;
}

type Parameters = Record<string, unknown>;
type Connection = Context<Parameters, Extra>;

/** Who may subscribe to what, and how errors are told: as by HTTP. Tokens come as `authorization` in the connection's parameters. */
export function subscriptionRules(parts: SubscriptionParts): ServerOptions<Parameters, Extra> & { isProd: boolean } {
  const { schema, registry, contextOf, requestId, log } = parts;
  const callerIn = ({ connectionParams = {}, extra }: Connection): Promise<Caller> => {
    const [, given] = Object.entries(connectionParams).find(([name]) => name.toLowerCase() === 'authorization') ?? [];
    return callerOf(registry, given ?? extra.request.headers.authorization);
  };
  const logged = ({ extra }: Connection, what: string, cause: unknown) =>
    log(`request ${requestId(extra.request)} ${what}: ${cause instanceof Error ? cause.stack : String(cause)}`);
  const format = (connection: Connection, errors: readonly GraphQLError[]): GraphQLFormattedError[] =>
    errors.map((error) => {
      const cause = causeOf(error);
      if (!(cause instanceof NatriumError) && isUnexpected(error)) {
        logged(connection, error.path?.join('.') ?? 'subscription', cause);
      }
      return formatError(error.toJSON(), error);
    });

  return {
    // what is wrong inside is not for clients
    isProd: true,
    async onConnect(connection) {
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
        const checked = checkOperation(schema, payload);
        if (Object.keys(connection.subscriptions).length > MOST_SUBSCRIPTIONS) {
          throw new NatriumError(
            'TOO_LARGE',
            `a connection holds ${MOST_SUBSCRIPTIONS} subscriptions at most; complete one, or open another connection`,
          );
        }
        // the token may have been revoked since
        const caller = await callerIn(connection);
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
    onError: (connection, _id, _payload, errors) => format(connection, errors),
  };
}

/**
 * The arguments of a subscription that can be begun.
 *
 * @throws AggregateError of GraphQLErrors with the codes that HTTP would give
 */
function checkOperation(
  schema: GraphQLSchema,
  { query, operationName, variables }: SubscribePayload,
): Pick<ExecutionArgs, 'schema' | 'document' | 'operationName' | 'variableValues'> {
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
  return { schema, document, operationName, variableValues: variables };
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
