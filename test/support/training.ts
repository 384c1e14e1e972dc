import { type TestServer, until } from './server.ts';

export interface CurvePoint {
  readonly x: number;
  readonly trainLoss: number;
  readonly validationLoss: number;
  readonly trainRmsePpm: number | null;
  readonly validationRmsePpm: number | null;
}

export interface Trial {
  readonly id: string;
  readonly ordinal: number;
  readonly seed: number;
  readonly state: string;
  readonly attempt: number;
  readonly worker: string | null;
  readonly failure: string | null;
  readonly weightsSha256: string | null;
  readonly progress: {
    readonly step: number;
    readonly steps: number;
    readonly secondsLeft: number;
    readonly point: CurvePoint | null;
  } | null;
  readonly outcome: {
    readonly selectionLoss: number;
    readonly validationRmsePpm: number;
    readonly trainRmsePpm: number;
    readonly trainingMeanPpm: number;
    readonly bestEpoch: number | null;
    readonly alpha: number | null;
    readonly nonZero: number | null;
    readonly engine: string;
    readonly curve: readonly CurvePoint[];
  } | null;
}

export interface TrainingRun {
  readonly id: string;
  readonly state: string;
  readonly failure: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly trials: readonly Trial[];
  readonly modelVersion: {
    readonly reference: string;
    readonly weightsSha256: string;
    readonly trial: { readonly id: string };
  } | null;
}

const POINT = 'x trainLoss validationLoss trainRmsePpm validationRmsePpm';
const RUN = `id state failure startedAt finishedAt
  modelVersion { reference weightsSha256 trial { id } }
  trials {
    id ordinal seed state attempt worker failure weightsSha256
    progress { step steps secondsLeft point { ${POINT} } }
    outcome { selectionLoss validationRmsePpm trainRmsePpm trainingMeanPpm bestEpoch alpha nonZero engine curve { ${POINT} } }
  }`;

/** A network that trains in a second on a few small clusters. */
export const SMALL_SCHNET = {
  atomBasis: 8,
  filters: 8,
  gaussians: 8,
  interactions: 1,
  epochs: 20,
  batchSize: 4,
  seeds: [1],
};

/** One that takes some seconds: long enough to be disturbed on the way, short enough to be trained twice. */
export const LONGER_SCHNET = {
  ...SMALL_SCHNET,
  ...{ atomBasis: 64, filters: 64, gaussians: 25, interactions: 2 },
  epochs: 1500,
};

/** The small one, for as long as a test needs it: it has to be stopped. */
export const ENDLESS_SCHNET = { ...SMALL_SCHNET, epochs: 100_000 };

export async function trainSchNet(server: TestServer, input: object): Promise<string> {
  const { run } = await server.request<{ run: { id: string } }>(
    `mutation ($input: TrainSchNetInput!) { run: trainSchNet(input: $input) { id } }`,
    { input },
  );
  return run.id;
}

export async function trainLasso(server: TestServer, input: object): Promise<string> {
  const { run } = await server.request<{ run: { id: string } }>(
    `mutation ($input: TrainLassoInput!) { run: trainLasso(input: $input) { id } }`,
    { input },
  );
  return run.id;
}

export async function readRun(server: TestServer, id: string): Promise<TrainingRun> {
  const { run } = await server.request<{ run: TrainingRun }>(
    `query ($id: ID!) { run: trainingRun(id: $id) { ${RUN} } }`,
    { id },
  );
  return run;
}

/** The run once it is such as wanted. */
export function runWhen(
  server: TestServer,
  id: string,
  what: string,
  wanted: (run: TrainingRun) => boolean,
): Promise<TrainingRun> {
  return until(
    async () => {
      const run = await readRun(server, id);
      return wanted(run) && run;
    },
    `training run ${what}`,
    90,
  );
}

/** The run once a worker has reported an epoch of one of its trials. */
export function runUnderWay(server: TestServer, id: string): Promise<TrainingRun> {
  return runWhen(server, id, 'under way', ({ trials }) =>
    trials.some(({ state, progress }) => state === 'RUNNING' && progress !== null),
  );
}

export function runEnded(server: TestServer, id: string): Promise<TrainingRun> {
  return runWhen(server, id, 'at its end', ({ state }) => ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(state));
}
