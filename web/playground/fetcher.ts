import type { GraphiQL } from 'graphiql';
import { getOperationAST, type OperationDefinitionNode, parse } from 'graphql';
import { createClient } from 'graphql-ws/client';
import type { ComponentProps } from 'react';

type Fetcher = ComponentProps<typeof GraphiQL>['fetcher'];
type Operation = Parameters<Fetcher>[0];
type Headers = NonNullable<Parameters<Fetcher>[1]>['headers'];
type Answers = Extract<Awaited<ReturnType<Fetcher>>, { subscribe: unknown }>;

const endpoint = new URL('../graphql', document.baseURI);

/**
 * Runs one operation at `/graphql` next to the playground, with the headers of the tab: queries and mutations by POST,
 * subscriptions over a WebSocket.
 */
export const runOperation: Fetcher = (parameters, options) => {
  const { operation, isNamed } = operationOf(parameters);
  const known = { ...parameters, operationName: isNamed ? parameters.operationName : undefined };
  return operation?.operation === 'subscription' ? subscribe(known, options?.headers) : post(known, options?.headers);
};

/**
 * The answer whatever its status: GraphQL errors come with 4xx statuses. Throws where the answer is not JSON, quoting its
 * beginning.
 */
async function post(parameters: Operation, headers: Headers) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      ...headers,
    },
    body: JSON.stringify(parameters),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${endpoint.pathname} answered ${response.status} and no JSON: ${text.slice(0, 500)}`);
  }
}

interface Listener {
  next(answer: object): void;
  error(reason: unknown): void;
  complete(): void;
}

/** Each on a connection of its own, which can only take headers as its parameters, and ends with the subscription. */
function subscribe({ query, variables, operationName }: Operation, headers: Headers): Answers {
  const client = createClient({ url: endpoint.href.replace(/^http/, 'ws'), connectionParams: headers });
  return {
    subscribe: ({ next, error, complete }: Listener) => ({
      unsubscribe: client.subscribe(
        { query, variables, operationName },
        { next, complete, error: (reason) => error(reason instanceof CloseEvent ? whyClosed(reason) : reason) },
      ),
    }),
  } as unknown as Answers;
}

function whyClosed({ code, reason }: CloseEvent): Error {
  return new Error(`the connection for subscriptions was closed: ${reason || `code ${code}`}`);
}

/**
 * What is going to be run. GraphiQL learns the name of an operation a moment after its tab was opened, and until then it sends
 * the name of the tab before, which the server has to refuse: such a name has to be left out.
 */
function operationOf({ query, operationName }: Operation): {
  operation?: OperationDefinitionNode | null;
  isNamed: boolean;
} {
  try {
    const document = parse(query);
    const named = operationName ? getOperationAST(document, operationName) : null;
    return { operation: named ?? getOperationAST(document), isNamed: named !== null };
  } catch {
    // not GraphQL: the server says where
    return { isNamed: true };
  }
}
