import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageVersion } from '../version.ts';

/** What `natrium protocol` reads of a data set version. */
export interface ProtocolDataset {
  readonly reference: string;
  readonly splitCounts: readonly { readonly split: string; readonly clusters: number; readonly atoms: number }[];
  readonly levelsOfTheory: readonly {
    readonly program: string;
    readonly version: string;
    readonly method: string;
    readonly basis: string;
  }[];
}

interface Metrics {
  readonly rmsePpm: number;
  readonly trainingMeanRmsePpm: number;
}

/** What it reads of a training run. */
export interface ProtocolRun {
  readonly state: string;
  readonly failure: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly secondsLeft: number | null;
  readonly trials: readonly {
    readonly seed: number;
    readonly state: string;
    readonly failure: string | null;
    readonly progress: { readonly step: number } | null;
    readonly outcome: {
      readonly selectionLoss: number;
      readonly trainRmsePpm: number;
      readonly validationRmsePpm: number;
      readonly bestEpoch: number | null;
      readonly engine: string;
      readonly seconds: number;
    } | null;
  }[];
  readonly modelVersion: {
    readonly reference: string;
    readonly trial: { readonly seed: number };
    readonly evaluations: readonly { readonly split: string; readonly metrics: Metrics }[];
  } | null;
}

export interface ProtocolOutcome {
  readonly dataset: ProtocolDataset;
  readonly protocol: { readonly loss: string; readonly target: string; readonly epochs: number };
  readonly stepsPerEpoch: number;
  readonly schNet: ProtocolRun;
  readonly lasso: ProtocolRun;
}

export function clustersOf({ splitCounts }: ProtocolDataset, split: string): number {
  return splitCounts.find((each) => each.split === split)?.clusters ?? 0;
}

export function describeDataset({ reference, splitCounts, levelsOfTheory }: ProtocolDataset): string {
  const levels = levelsOfTheory.map((level) => [level.program, level.version, level.method, level.basis].join('/'));
  const counts = splitCounts.map(({ split, clusters, atoms }) => `${split.toLowerCase()} ${clusters} (${atoms} atoms)`);
  return `${reference}: ${levels.join(', ')}; clusters: ${counts.join(', ')}`;
}

/** The outcome of the protocol as lines of Markdown. */
export function* report(outcome: ProtocolOutcome): Generator<string> {
  const { protocol, schNet, lasso } = outcome;
  const version = schNet.modelVersion!;
  yield '';
  yield `### SchNet, ${protocol.loss}, ${protocol.target}: ${version.reference}`;
  yield '';
  yield '| | |';
  yield '| --- | --- |';
  for (const [name, text] of facts(outcome)) yield `| ${name} | ${text} |`;
  yield '';
  yield '| seed | best epoch | validation loss | RMSE train, ppm | RMSE validation, ppm | minutes |';
  yield '| --- | --- | --- | --- | --- | --- |';
  for (const { seed, state, failure, outcome: found } of schNet.trials) {
    yield found === null
      ? `| ${seed} | ${state.toLowerCase()}: ${failure} | | | | |`
      : `| ${seed} | ${found.bestEpoch} | ${found.selectionLoss.toPrecision(5)} | ${found.trainRmsePpm.toFixed(2)} | ` +
        `${found.validationRmsePpm.toFixed(2)} | ${(found.seconds / 60).toFixed(1)} |`;
  }
  yield '';
  const [ours, theirs] = [version, lasso.modelVersion!].map((each) => metricsOf(each, 'TEST'));
  if (ours === null || theirs === null) {
    yield 'The data set version has no test split.';
    return;
  }
  const compared = ours.rmsePpm < theirs.rmsePpm ? 'less than' : 'not less than';
  yield `Test RMSE: ${ours.rmsePpm.toFixed(2)} ppm by seed ${version.trial.seed}, ${compared} ${theirs.rmsePpm.toFixed(2)} ppm ` +
    `of the Lasso on coordination numbers (${lasso.modelVersion!.reference}); ${ours.trainingMeanRmsePpm.toFixed(2)} ppm ` +
    'by the mean of the training shieldings.';
}

function facts({ dataset, protocol, stepsPerEpoch, schNet }: ProtocolOutcome): [string, string][] {
  const done = schNet.trials.flatMap(({ outcome }) => outcome ?? []);
  const steps = done.length * protocol.epochs * stepsPerEpoch;
  const seconds = done.reduce((sum, outcome) => sum + outcome.seconds, 0);
  const wall = (Date.parse(schNet.finishedAt!) - Date.parse(schNet.startedAt!)) / 1000;
  return [
    ['data', describeDataset(dataset)],
    ['steps', `${done.length} seeds × ${protocol.epochs} epochs × ${stepsPerEpoch} = ${steps}`],
    ['hours, from the first step to the model version', (wall / 3600).toFixed(2)],
    ['hours of all trials', (seconds / 3600).toFixed(2)],
    ['steps a second, of one trial', (steps / seconds).toFixed(1)],
    ['steps a second, of all workers', (steps / wall).toFixed(1)],
    ['engine', [...new Set(done.map(({ engine }) => engine))].join('; ')],
    [
      'machine',
      `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores, Node ${process.version.slice(1)}`,
    ],
    ['Natrium', [packageVersion, ...commit()].join(', commit ')],
  ];
}

function metricsOf(version: NonNullable<ProtocolRun['modelVersion']>, split: string): Metrics | null {
  return version.evaluations.find((evaluation) => evaluation.split === split)?.metrics ?? null;
}

/** Of a checkout; none where there is no git, or an archive was unpacked. */
function commit(): string[] {
  try {
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    // whatever repository the folder may lie in else
    if (!existsSync(join(cwd, '.git'))) return [];
    const output = execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      cwd,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return [output.toString().trim()];
  } catch {
    return [];
  }
}
