import { createHash } from 'node:crypto';
import type { ParseArgsConfig } from 'node:util';
import type { Log } from '../composition.ts';
import { NatriumError } from '../errors.ts';
import { PAPER_SEEDS, SCHNET_TRAINING_DEFAULTS } from '../ml/schnet/training.ts';
import { commandLine, wholeNumber } from './command-line.ts';
import { follow, nowAndThen } from './follow.ts';
import { GraphqlClient } from './graphql-client.ts';
import { clustersOf, describeDataset, type ProtocolDataset, type ProtocolRun, report } from './protocol-report.ts';
import { requireServer } from './server-address.ts';

const POLL_MS = 2000;
/** Between two lines of progress. */
const PROGRESS_MS = 30_000;

const USAGE = `usage: natrium protocol schnet --dataset NAME/VERSION [OPTIONS]

Runs the paper's SchNet protocol on the server of this data folder: 20 seeds, 2000 epochs of batches of 100 clusters, the best epoch
of the best seed by validation loss as trained. A Lasso on running coordination numbers is fitted to the same data for comparison.
Prints how far it is and, at the end, a table. It may be stopped and started again, or the server may: the same command goes on with
the same run for 7 days.

  --loss mse             or distribution (default mse)
  --target direct        or transformed (default direct)
  --seeds N              (default ${PAPER_SEEDS.length})
  --epochs N             (default ${SCHNET_TRAINING_DEFAULTS.epochs})
  --model NAME           of the new version (default protocol-schnet-LOSS-TARGET)`;

const OPTIONS = {
  dataset: { type: 'string' },
  loss: { type: 'string' },
  target: { type: 'string' },
  seeds: { type: 'string' },
  epochs: { type: 'string' },
  model: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} satisfies ParseArgsConfig['options'];

const { parse, wrongUse } = commandLine('protocol', OPTIONS);

/** What the command was asked for. */
interface Protocol {
  readonly datasetVersion: string;
  readonly loss: 'MSE' | 'DISTRIBUTION';
  readonly target: 'DIRECT' | 'TRANSFORMED';
  readonly seeds: number;
  readonly epochs: number;
  readonly model: string;
}

/** `natrium protocol schnet`: the paper's training of SchNet on a data set version, on the server that uses the data folder. */
export async function runProtocol(args: readonly string[], log: Log): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help) {
    log(USAGE);
    return;
  }
  if (positionals.length !== 1 || positionals[0] !== 'schnet') {
    throw wrongUse(`name the protocol, schnet, and no other argument`);
  }
  const protocol = protocolOf(values);
  const client = new GraphqlClient(`${await requireServer()}/graphql`);
  const dataset = await readDataset(client, protocol.datasetVersion);
  log(describeDataset(dataset));
  const stepsPerEpoch = Math.ceil(clustersOf(dataset, 'TRAIN') / SCHNET_TRAINING_DEFAULTS.batchSize);
  log(`${protocol.seeds} seeds of ${protocol.epochs} epochs of ${stepsPerEpoch} steps`);
  const lasso = await trainLasso(client, protocol);
  if (!(await isUnderWay(client, protocol.model))) log(await estimate(client, protocol));
  const schNet = await trainSchNet(client, protocol);
  const reference = await finishedRun(client, lasso, () => {});
  const tell = nowAndThen(PROGRESS_MS, (run: ProtocolRun) => log(progressOf(run, protocol)));
  const finished = await finishedRun(client, schNet, (run) => isOpen(run) && tell(run));
  for (const line of report({ dataset, protocol, stepsPerEpoch, schNet: finished, lasso: reference })) log(line);
}

function protocolOf(values: ReturnType<typeof parse>['values']): Protocol {
  if (values.dataset === undefined) throw wrongUse('--dataset NAME/VERSION is missing');
  const loss = oneOf('loss', values.loss, ['mse', 'distribution']);
  const target = oneOf('target', values.target, ['direct', 'transformed']);
  return {
    datasetVersion: values.dataset,
    loss: loss === 'mse' ? 'MSE' : 'DISTRIBUTION',
    target: target === 'direct' ? 'DIRECT' : 'TRANSFORMED',
    seeds: wholeNumber('seeds', values.seeds, PAPER_SEEDS.length, wrongUse),
    epochs: wholeNumber('epochs', values.epochs, SCHNET_TRAINING_DEFAULTS.epochs, wrongUse),
    model: values.model ?? `protocol-schnet-${loss}-${target}`,
  };
}

/** The first choice is the default. */
function oneOf<C extends string>(option: string, text: string | undefined, choices: readonly C[]): C {
  const chosen = choices.find((choice) => choice === (text ?? choices[0]).toLowerCase());
  if (chosen === undefined) throw wrongUse(`--${option} is ${JSON.stringify(text)}; give ${choices.join(' or ')}`);
  return chosen;
}

async function readDataset(client: GraphqlClient, reference: string): Promise<ProtocolDataset> {
  const { datasetVersion } = await client.request<{ datasetVersion: ProtocolDataset }>(
    `query ($reference: String!) { datasetVersion(datasetVersion: $reference) {
      reference splitCounts { split clusters atoms } levelsOfTheory { program version method basis }
    } }`,
    { reference },
  );
  return datasetVersion;
}

async function trainLasso(client: GraphqlClient, { model, datasetVersion, target }: Protocol): Promise<string> {
  const { featureSet } = await client.request<{ featureSet: { reference: string } }>(
    `mutation { featureSet: createFeatureSet(input: { name: "cn", runningCoordinationNumbers: {} }) { reference } }`,
  );
  const input = { model: `${model}-lasso-cn`, datasetVersion, target, featureSet: featureSet.reference };
  return await request(client, 'trainLasso', 'TrainLassoInput', input);
}

function trainSchNet(client: GraphqlClient, protocol: Protocol): Promise<string> {
  return request(client, 'trainSchNet', 'TrainSchNetInput', requestOf(protocol));
}

function requestOf({ model, datasetVersion, target, loss, epochs, seeds }: Protocol) {
  return { model, datasetVersion, target, loss, epochs, seeds: Array.from({ length: seeds }, (_, k) => k + 1) };
}

async function isUnderWay(client: GraphqlClient, model: string): Promise<boolean> {
  const { trainingRuns } = await client.request<{ trainingRuns: { totalCount: number } }>(
    `query ($model: String!) { trainingRuns(first: 1, filter: { model: { equals: $model } }) { totalCount } }`,
    { model },
  );
  return trainingRuns.totalCount > 0;
}

async function estimate(client: GraphqlClient, protocol: Protocol): Promise<string> {
  const { found } = await client.request<{
    found: { secondsPerStep: number; workers: number; seconds: number | null };
  }>(
    `query ($input: TrainingEstimateInput!) { found: trainingEstimate(input: $input) { secondsPerStep workers seconds } }`,
    { input: requestOf(protocol) },
  );
  const { secondsPerStep, workers, seconds } = found;
  const whole =
    seconds === null
      ? 'no worker is there yet'
      : `about ${Math.ceil(seconds / 60)} min by ${workers} worker${workers === 1 ? '' : 's'}`;
  return `${(1000 * secondsPerStep).toFixed(1)} ms a step on this machine: ${whole}`;
}

/** The same request has the same key, so it is answered with the run that is there. */
async function request(client: GraphqlClient, mutation: string, type: string, input: object): Promise<string> {
  const digest = createHash('sha256')
    .update(JSON.stringify([mutation, input]))
    .digest('hex');
  const idempotencyKey = `protocol-${digest.slice(0, 32)}`;
  const { run } = await client.request<{ run: { id: string } }>(
    `mutation ($input: ${type}!) { run: ${mutation}(input: $input) { id } }`,
    { input: { ...input, idempotencyKey } },
  );
  return run.id;
}

/** Waits for the end of a run, telling how far it is. */
async function finishedRun(client: GraphqlClient, id: string, tell: (run: ProtocolRun) => void): Promise<ProtocolRun> {
  const run = await follow(
    () => readRun(client, id),
    (current) => !isOpen(current),
    tell,
    POLL_MS,
  );
  if (run.state === 'SUCCEEDED') return run;
  throw new NatriumError(
    'INVALID_STATE',
    `the training run ${id} ${run.state.toLowerCase()}: ${run.failure}; resumeTrainingRun lets it go on, another --model begins anew`,
  );
}

function isOpen({ state }: ProtocolRun): boolean {
  return state === 'QUEUED' || state === 'RUNNING';
}

async function readRun(client: GraphqlClient, id: string): Promise<ProtocolRun> {
  const { trainingRun } = await client.request<{ trainingRun: ProtocolRun }>(
    `query ($id: ID!) { trainingRun(id: $id) {
      state failure startedAt finishedAt secondsLeft
      trials {
        seed state failure progress { step }
        outcome { selectionLoss trainRmsePpm validationRmsePpm bestEpoch engine seconds }
      }
      modelVersion { reference trial { seed } evaluations { split metrics { rmsePpm trainingMeanRmsePpm } } }
    } }`,
    { id },
  );
  return trainingRun;
}

function progressOf({ trials, secondsLeft }: ProtocolRun, { epochs }: Protocol): string {
  const ended = trials.filter(({ outcome }) => outcome !== null).length;
  const atWork = trials.filter(({ state }) => state === 'RUNNING');
  const trained = trials.reduce((sum, { outcome, progress }) => sum + (outcome ? epochs : (progress?.step ?? 0)), 0);
  const percent = Math.floor((100 * trained) / (epochs * trials.length));
  const parts = [`${trained} of ${epochs * trials.length} epochs (${percent} %)`, `${ended} seeds done`];
  if (atWork.length === 0) return [...parts, 'waiting for a worker'].join(', ');
  return [...parts, `${atWork.length} at work`, ...left(secondsLeft)].join(', ');
}

function left(seconds: number | null): string[] {
  return seconds === null ? [] : [`about ${Math.ceil(seconds / 60)} min left`];
}
