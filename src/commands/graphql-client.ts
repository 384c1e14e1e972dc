import { NatriumError } from '../errors.ts';

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** Speaks to a Natrium server as any other program would. */
export class GraphqlClient {
  constructor(private readonly endpoint: string) {}

  async request<T>(query: string, variables: object = {}): Promise<T> {
    const answer = await this.ask(JSON.stringify({ query, variables }));
    if (answer.errors !== undefined) {
      const messages = answer.errors.map((error) => `${error.message} (${error.extensions?.code})`).join('; ');
      throw new NatriumError('BAD_USER_INPUT', `the server refused: ${messages}`);
    }
    return answer.data as T;
  }

  private async ask(body: string): Promise<Answer> {
    try {
      const response = await fetch(this.endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      return (await response.json()) as Answer;
    } catch (error) {
      const { message, cause } = error as Error;
      throw new NatriumError(
        'UNAVAILABLE',
        `no answer from ${this.endpoint} (${(cause as NodeJS.ErrnoException | undefined)?.code ?? message}); start the server ` +
          'again by `natrium serve`, then repeat the command',
      );
    }
  }
}
