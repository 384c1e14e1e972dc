import { NatriumError } from '../errors.ts';

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** Speaks to a Natrium server as any other program would. */
export class GraphqlClient {
  constructor(private readonly endpoint: string) {}

  async request<T>(query: string, variables: object = {}): Promise<T> {
    const response = await fetch(this.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const answer = (await response.json()) as Answer;
    if (answer.errors !== undefined) {
      const messages = answer.errors.map((error) => `${error.message} (${error.extensions?.code})`).join('; ');
      throw new NatriumError('BAD_USER_INPUT', `the server refused: ${messages}`);
    }
    return answer.data as T;
  }
}
