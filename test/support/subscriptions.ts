import { type Client, createClient, type FormattedExecutionResult } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { TestServer } from './server.ts';
import type { CurvePoint } from './training.ts';

export interface RunUpdate {
  readonly trainingRun: {
    readonly id: string;
    readonly state: string;
    readonly failure: string | null;
    readonly modelVersion: { readonly reference: string } | null;
  };
  readonly trials: readonly {
    readonly trial: { readonly id: string; readonly seed: number; readonly state: string; readonly attempt: number };
    readonly points: readonly (CurvePoint & { readonly seconds: number })[];
  }[];
}

export const WATCH_RUN = `subscription ($id: ID!) {
  update: trainingRunUpdated(trainingRun: $id) {
    trainingRun { id state failure modelVersion { reference } }
    trials {
      trial { id seed state attempt }
      points { x trainLoss validationLoss trainRmsePpm validationRmsePpm seconds }
    }
  }
}`;

export function socketUrl(server: TestServer, path = '/graphql'): string {
  return `${server.url.replace(/^http/, 'ws')}${path}`;
}

/** A client that connects once, when it is first needed. */
export function subscriptionClient(server: TestServer, connectionParams: Record<string, unknown> = {}): Client {
  return createClient({ url: socketUrl(server), webSocketImpl: WebSocket, connectionParams, retryAttempts: 0 });
}

/** All that comes of one operation. Rejects with errors that end it. */
export async function answersOf<T>(
  client: Client,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<FormattedExecutionResult<T>[]> {
  const answers: FormattedExecutionResult<T>[] = [];
  for await (const answer of client.iterate<T>({ query, variables }))
    answers.push(answer as FormattedExecutionResult<T>);
  return answers;
}

/** Watches a run to its end. */
export class Watched {
  readonly updates: RunUpdate[] = [];
  readonly ended: Promise<void>;
  private readonly client: Client;

  constructor(server: TestServer, id: string) {
    this.client = subscriptionClient(server);
    this.ended = this.read(id).finally(() => this.client.dispose());
  }

  /** The epochs told of a trial, in the order of their telling. */
  epochsOf(trialId: string): number[] {
    return this.pointsOf(trialId).map(({ x }) => x);
  }

  pointsOf(trialId: string): RunUpdate['trials'][number]['points'][number][] {
    return this.updates.flatMap(({ trials }) =>
      trials.flatMap(({ trial, points }) => (trial.id === trialId ? points : [])),
    );
  }

  /** The state that was told last of a trial. */
  stateOf(trialId: string): string | undefined {
    return this.updates.flatMap(({ trials }) => trials.filter(({ trial }) => trial.id === trialId)).at(-1)?.trial.state;
  }

  private async read(id: string): Promise<void> {
    for await (const { data, errors } of this.client.iterate<{ update: RunUpdate }>({
      query: WATCH_RUN,
      variables: { id },
    })) {
      if (errors || !data) throw new Error(JSON.stringify(errors));
      this.updates.push(data.update);
    }
  }
}
