import { access, constants, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ParseArgsConfig } from 'node:util';
import type { Log } from '../composition.ts';
import { NatriumError } from '../errors.ts';
import { PAPER_SEEDS, SCHNET_TRAINING_DEFAULTS } from '../ml/schnet/training.ts';
import { commandLine, wholeNumber } from './command-line.ts';
import { follow } from './follow.ts';
import { GraphqlClient } from './graphql-client.ts';
import { ProgressBar } from './progress-bar.ts';
import { requireServer } from './server-address.ts';

const POLL_MS = 1000;

const USAGE = `usage: natrium study --dataset NAME/VERSION [OPTIONS]

Does the paper's whole study on a data set version of the server of this data folder: Lasso on coordination numbers, populations and
both, SchNet by mean squared error and by the distribution loss, each on direct and on transformed targets. Shows how far it is and, at
the end, writes a report as one HTML file: the paper's figures for this data, a table, and what the paper found, checked. It may be
stopped and started again, or the server may: the same command goes on where the study is. Trainings that need populations are left
out where the data have none.

  --epochs N             of each SchNet trial (default ${SCHNET_TRAINING_DEFAULTS.epochs})
  --seeds N              trials of each SchNet training (default ${PAPER_SEEDS.length})
  --report FILE          (default study-NAME-VERSION.html)`;

const OPTIONS = {
  dataset: { type: 'string' },
  epochs: { type: 'string' },
  seeds: { type: 'string' },
  report: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} satisfies ParseArgsConfig['options'];

const { parse, wrongUse } = commandLine('study', OPTIONS);

/** `natrium study`: the paper's study of a data set version, on the server that uses the data folder. */
export async function runStudy(args: readonly string[], log: Log): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help) {
    log(USAGE);
    return;
  }
  if (positionals.length > 0) throw wrongUse(`${JSON.stringify(positionals[0])} is not expected`);
  const { dataset } = values;
  if (dataset === undefined) throw wrongUse('--dataset NAME/VERSION is missing');
  const seeds = wholeNumber('seeds', values.seeds, PAPER_SEEDS.length, wrongUse);
  const input = {
    datasetVersion: dataset,
    epochs: wholeNumber('epochs', values.epochs, SCHNET_TRAINING_DEFAULTS.epochs, wrongUse),
    seeds: Array.from({ length: seeds }, (_, k) => k + 1),
  };
  const path = resolve(values.report ?? `study-${dataset.replaceAll('/', '-')}.html`);
  await requirePlace(path);
  const client = new GraphqlClient(`${await requireServer()}/graphql`);
  const study = await startOrGoOn(client, input, log);
  const { reportUrl, findings } = await watch(client, study, log);
  await download(reportUrl, path);
  for (const line of verdictLines(findings)) log(line);
  log(`report in ${path}`);
}

/** That the report can be written is looked at before hours of training. */
async function requirePlace(path: string): Promise<void> {
  const folder = dirname(path);
  const trouble = (await stat(path).catch(() => null))?.isDirectory()
    ? 'it is a folder'
    : await access(folder, constants.W_OK).then(
        () => null,
        ({ code }: NodeJS.ErrnoException) =>
          code === 'ENOENT' ? `there is no folder ${folder}` : `nothing can be written to ${folder}, ${code}`,
      );
  if (trouble !== null) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `the report cannot be written to ${path}: ${trouble}; give another --report`,
    );
  }
}

interface StudyRecord {
  readonly id: string;
  readonly state: string;
  readonly progress: { readonly step: number; readonly steps: number; readonly secondsLeft: number | null };
  readonly reportUrl: string;
  readonly parts: readonly {
    readonly name: string;
    readonly leftOut: string | null;
    readonly trainingRun: { readonly state: string; readonly failure: string | null } | null;
  }[];
}

interface Finding {
  readonly claim: string;
  readonly verdict: 'HOLDS' | 'DOES_NOT_HOLD' | 'CANNOT_BE_TESTED';
}

const STUDY = `id state reportUrl progress { step steps secondsLeft }
  parts { name leftOut trainingRun { state failure } }`;

/** The study of this input, which may be there already; one that stopped goes on. */
async function startOrGoOn(client: GraphqlClient, input: object, log: Log): Promise<string> {
  const { study } = await client.request<{ study: StudyRecord }>(
    `mutation ($input: RunStudyInput!) { study: runStudy(input: $input) { ${STUDY} } }`,
    { input },
  );
  for (const { name, leftOut } of study.parts) if (leftOut !== null) log(`${name} is left out: ${leftOut}`);
  if (study.parts.some(({ trainingRun }) => isStopped(trainingRun))) {
    log('some trainings had stopped; they go on');
    await client.request(`mutation ($study: ID!) { resumeStudy(input: { study: $study }) { id } }`, {
      study: study.id,
    });
  }
  return study.id;
}

function isStopped(run: { readonly state: string } | null): boolean {
  return run?.state === 'FAILED' || run?.state === 'CANCELLED';
}

async function watch(client: GraphqlClient, id: string, log: Log) {
  const bar = new ProgressBar(process.stdout, log);
  const read = async () =>
    (await client.request<{ study: StudyRecord }>(`query ($id: ID!) { study(id: $id) { ${STUDY} } }`, { id })).study;
  const isOver = ({ state }: StudyRecord) => state !== 'QUEUED' && state !== 'RUNNING';
  const ended = await follow(read, isOver, (study) => bar.show(progressOf(study)), POLL_MS).finally(() => bar.end());
  if (ended.state !== 'SUCCEEDED') throw notSucceeded(ended);
  const { study } = await client.request<{ study: { findings: readonly Finding[] } }>(
    'query ($id: ID!) { study(id: $id) { findings { claim verdict } } }',
    { id },
  );
  return { ...ended, findings: study.findings };
}

function progressOf({ progress: { step, steps, secondsLeft }, parts }: StudyRecord) {
  const runs = parts.flatMap(({ trainingRun }) => trainingRun ?? []);
  const done = runs.filter(({ state }) => state === 'SUCCEEDED').length;
  const left = secondsLeft === null ? [] : [`about ${duration(secondsLeft)} left`];
  return { share: step / steps, text: [`${done} of ${runs.length} trainings done`, ...left].join(', ') };
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}

function notSucceeded({ state, parts, reportUrl }: StudyRecord): NatriumError {
  const namesByFailure = new Map<string | null, string[]>();
  for (const { name, trainingRun } of parts) {
    if (!isStopped(trainingRun)) continue;
    const { failure } = trainingRun!;
    namesByFailure.set(failure, [...(namesByFailure.get(failure) ?? []), name]);
  }
  const why = [...namesByFailure].map(([failure, names]) => `${names.join(', ')}: ${failure}`);
  return new NatriumError(
    'INVALID_STATE',
    `the study has ${state === 'FAILED' ? 'failed' : 'been cancelled'} (${why.join('; ')}); the same command tries what is ` +
      `missing again, and ${reportUrl} shows what there is`,
  );
}

async function download(url: string, path: string): Promise<void> {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new NatriumError('UNAVAILABLE', `the report could not be made: ${text.slice(0, 1000)}`);
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `the report cannot be written to ${path} (${(error as NodeJS.ErrnoException).code}); give another --report, or open ${url}`,
    );
  }
}

const VERDICTS = { HOLDS: 'holds', DOES_NOT_HOLD: 'does not hold', CANNOT_BE_TESTED: 'cannot be tested' } as const;

function verdictLines(findings: readonly Finding[]): string[] {
  const width = Math.max(...Object.values(VERDICTS).map((text) => text.length));
  return findings.map(({ claim, verdict }) => `${VERDICTS[verdict].padEnd(width)}  ${claim}`);
}
