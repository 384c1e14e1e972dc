import type { ApolloServerPlugin } from '@apollo/server';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { ERROR_CODES, NatriumError } from '../errors.ts';
import type { Log } from '../logging.ts';
import type { RequestContext } from '../resolvers/context.ts';
import { causeOf, isUnexpected } from './graphql-errors.ts';

/** A GraphQL operation as the log and the metrics tell of it. */
export interface Operation {
  type: 'query' | 'mutation' | 'subscription' | 'unknown';
  /** The root field that it asks for: `several`, `introspection`, or `other` if it could not be read. */
  field: string;
  /** As its author calls it, which may be anything; null if it has no name. */
  name: string | null;
  /** `ok`, or the code of its first error. */
  outcome: string;
}

export interface OperationContext extends RequestContext {
  readonly operation: Operation;
}

const LONGEST_NAME = 100;
const CODES: ReadonlySet<string> = new Set([
  ...Object.keys(ERROR_CODES),
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'BAD_REQUEST',
  'INTERNAL_SERVER_ERROR',
]);

export function unreadOperation(): Operation {
  return { type: 'unknown', field: 'other', name: null, outcome: 'ok' };
}

/** What a valid operation asks for. */
export function operationOf(
  { operation, selectionSet, name }: OperationDefinitionNode,
  { definitions }: DocumentNode,
): Operation {
  const fragments = definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
  const field = rootField(selectionSet, fragments);
  return { type: operation, field, name: name?.value.slice(0, LONGEST_NAME) ?? null, outcome: 'ok' };
}

/** The code of an error, one of those that there are. */
export function outcomeOf(code: unknown): string {
  return typeof code === 'string' && CODES.has(code) ? code : 'INTERNAL_SERVER_ERROR';
}

/** The root field of a valid operation, so that there are as many answers as the schema has fields. */
function rootField(selections: SelectionSetNode, fragments: readonly FragmentDefinitionNode[]): string {
  const names = new Set<string>();
  const collect = ({ selections }: SelectionSetNode) => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) names.add(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
      else collect(fragments.find(({ name }) => name.value === selection.name.value)!.selectionSet);
    }
  };
  collect(selections);
  const asked = [...names].filter((name) => !name.startsWith('__'));
  if (asked.length > 1) return 'several';
  return asked[0] ?? 'introspection';
}

/** Notes what is asked and how it ends, logs defects, and refuses subscriptions, which come another way. */
export function watchOperations(log: Log): ApolloServerPlugin<OperationContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ operation, document, contextValue }) {
          if (operation !== undefined) Object.assign(contextValue.operation, operationOf(operation, document));
          if (operation?.operation === 'subscription') {
            throw new GraphQLError(
              'subscriptions come over a WebSocket (graphql-transport-ws) to this address; or ask with a query',
              {
                extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } },
              },
            );
          }
        },
        async didEncounterErrors({ errors }) {
          for (const error of errors) {
            const cause = causeOf(error);
            if (cause instanceof NatriumError || !isUnexpected(error)) continue;
            log.error(`a defect at ${error.path?.join('.') ?? 'the request'}`, { error: cause });
          }
        },
        async willSendResponse({ response: { body }, contextValue }) {
          const [error] = (body.kind === 'single' && body.singleResult.errors) || [];
          if (error !== undefined) contextValue.operation.outcome = outcomeOf(error.extensions?.code);
        },
      };
    },
  };
}
