import type { GraphiQL } from 'graphiql';
import { parse } from 'graphql';
import type { ComponentProps } from 'react';

type Fetcher = ComponentProps<typeof GraphiQL>['fetcher'];

const endpoint = new URL('../graphql', document.baseURI);

/**
 * Posts one operation to `/graphql` next to the playground, with the headers of the tab, and returns the answer whatever
 * its status: GraphQL errors come with 4xx statuses. Throws where the answer is not JSON, quoting its beginning.
 */
export const runOperation: Fetcher = async (parameters, options) => {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      ...options?.headers,
    },
    body: JSON.stringify({ ...parameters, operationName: knownOperationName(parameters) }),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${endpoint.pathname} answered ${response.status} and no JSON: ${text.slice(0, 500)}`);
  }
};

/**
 * GraphiQL learns the name of an operation a moment after its tab was opened, and until then it sends the name of the
 * tab before, which the server has to refuse. A name that the document does not hold is left out.
 */
function knownOperationName({ query, operationName }: Parameters<Fetcher>[0]): string | undefined {
  if (!operationName) return undefined;
  try {
    const isKnown = parse(query).definitions.some(
      (definition) => definition.kind === 'OperationDefinition' && definition.name?.value === operationName,
    );
    return isKnown ? operationName : undefined;
  } catch {
    // not GraphQL: the server says where
    return operationName;
  }
}
