import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ParseArgsConfig } from 'node:util';
import type { ParsedItem } from '../chemistry/extxyz.ts';
import { readItems, withFormat } from '../chemistry/formats.ts';
import {
  INPUT_BASES,
  INPUT_METHODS,
  INPUT_PROGRAMS,
  type InputBasis,
  type InputFile,
  type InputMethod,
  type InputOptions,
  type InputProgram,
  writeInput,
} from '../chemistry/inputs/input-writer.ts';
import { NatriumError } from '../errors.ts';
import { commandLine } from './command-line.ts';
import { type ClusterChoice, inputsFromServer } from './inputs-from-server.ts';
import { chunksOf } from './local-file.ts';
import type { Print } from './print.ts';
import { requireServer } from './server-address.ts';

/** Inputs between two lines of progress. */
const PROGRESS_STEP = 2000;

const USAGE = `usage: natrium inputs --program NAME [CLUSTERS] [OPTIONS] FOLDER

Writes an input for each cluster, one file each, into FOLDER.

  --program NAME         ${INPUT_PROGRAMS.join(', ').toLowerCase()}
clusters of the server that runs on this data folder, all of them unless one of these is given:
  --dataset NAME/VERSION those of a data set version
  --filter-size 2,3,4    those of these sizes
  --cluster ID           this one; may be given again
or, without a server:
  --from FILE            the structures of a file: XYZ, extended XYZ, QCSchema, CSV or a program's output
options:
  --method NAME          ${INPUT_METHODS.join(', ')} (default B3LYP)
  --basis NAME           ${INPUT_BASES.join(', ')} (default 6-31G(d))
  --restricted           singlets as closed shells, not as open-shell singlets
  --stability-check      test the solution and follow it down to a stable one; not NWChem
  --processors N
  --memory-megabytes N   of the whole job
  --overwrite            replace files of the same name that hold something else`;

const OPTIONS = {
  program: { type: 'string' },
  dataset: { type: 'string' },
  'filter-size': { type: 'string' },
  cluster: { type: 'string', multiple: true },
  from: { type: 'string' },
  method: { type: 'string' },
  basis: { type: 'string' },
  restricted: { type: 'boolean' },
  'stability-check': { type: 'boolean' },
  processors: { type: 'string' },
  'memory-megabytes': { type: 'string' },
  overwrite: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} satisfies ParseArgsConfig['options'];

const { parse, wrongUse } = commandLine('inputs', OPTIONS);

/** Where the inputs come from: a file, or clusters that the server holds. */
type Origin = { readonly file: string } | { readonly clusters: ClusterChoice };

interface Task {
  readonly program: InputProgram;
  readonly options: Omit<InputOptions, 'label'>;
  readonly origin: Origin;
  readonly folder: string;
  readonly overwrite: boolean;
}

/**
 * `natrium inputs`: a file for each cluster of a set, for a compute queue. A file that is there with the same content is left
 * alone, so the command can be repeated; one with other content is an error unless `--overwrite` is given. Throws a
 * NatriumError; structures of a file that are refused lose no others.
 */
export async function writeInputFiles(args: readonly string[], print: Print): Promise<void> {
  const task = readTask(args);
  if (task === null) {
    print(USAGE);
    return;
  }
  const refused: NatriumError[] = [];
  const { program, options, origin } = task;
  const inputs =
    'file' in origin
      ? inputsFromFile(origin.file, program, options, refused)
      : inputsFromServer(await requireServer(), program, options, origin.clusters);
  await makeFolder(task.folder);
  const counts = { written: 0, known: 0 };
  for await (const input of inputs) {
    counts[await writeInputFile(task, input)] += 1;
    const all = counts.written + counts.known;
    if (all % PROGRESS_STEP === 0) print(`${all} inputs`);
  }
  const { written, known } = counts;
  print(`${written} inputs written to ${task.folder}${known === 0 ? '' : `, ${known} were there`}`);
  if (refused.length > 0) {
    const more = refused.length > 1 ? ` (and ${refused.length - 1} more structures have no input)` : '';
    throw new NatriumError(refused[0].code, refused[0].message + more, refused[0].details);
  }
  if (written + known === 0) throw new NatriumError('NOT_FOUND', 'there are no such clusters; nothing was written');
  print('next: run them, then natrium import what they give; each result finds its cluster by itself');
}

/** Null if help is asked for. */
function readTask(args: readonly string[]): Task | null {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  if (values.program === undefined) throw wrongUse(`name a program: --program ${INPUT_PROGRAMS[0].toLowerCase()}`);
  if (positionals.length !== 1) throw wrongUse(`name one folder for the inputs, not ${positionals.length}`);
  return {
    program: oneOf('program', values.program, INPUT_PROGRAMS),
    options: {
      method: values.method === undefined ? undefined : (oneOf('method', values.method, INPUT_METHODS) as InputMethod),
      basis: values.basis === undefined ? undefined : (oneOf('basis', values.basis, INPUT_BASES) as InputBasis),
      openShellSinglet: values.restricted !== true,
      stabilityCheck: values['stability-check'] === true,
      processors: wholeNumber('processors', values.processors),
      memoryMegabytes: wholeNumber('memory-megabytes', values['memory-megabytes']),
    },
    origin: originOf(values),
    folder: positionals[0],
    overwrite: values.overwrite === true,
  };
}

function originOf(values: ReturnType<typeof parse>['values']): Origin {
  const { from, dataset, cluster, 'filter-size': sizes } = values;
  const given = Object.entries({ from, dataset, cluster, 'filter-size': sizes }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length > 1) {
    throw wrongUse(`give only one of ${given.map(([name]) => `--${name}`).join(' and ')}`);
  }
  if (from !== undefined) return { file: from };
  if (dataset !== undefined) return { clusters: { dataset } };
  if (cluster !== undefined) return { clusters: { ids: cluster } };
  return {
    clusters: sizes === undefined ? {} : { sizes: sizes.split(',').map((size) => wholeNumber('filter-size', size)!) },
  };
}

function oneOf<T extends string>(option: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice.toLowerCase() === value.toLowerCase());
  if (found === undefined) {
    throw wrongUse(`--${option} is ${JSON.stringify(value.slice(0, 40))}; give one of ${choices.join(', ')}`);
  }
  return found;
}

function wholeNumber(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value.trim()) || Number(value) < 1) {
    throw wrongUse(`--${option} is ${JSON.stringify(value.slice(0, 40))}; give a whole number from 1`);
  }
  return Number(value);
}

async function* inputsFromFile(
  path: string,
  program: InputProgram,
  options: Omit<InputOptions, 'label'>,
  refused: NatriumError[],
): AsyncGenerator<InputFile> {
  const { format, chunks } = await withFormat(chunksOf(path));
  const written = new Set<string>();
  for await (const item of readItems(chunks, basename(path), format ?? 'EXTXYZ')) {
    const input = inputOf(item, program, options);
    if (input instanceof NatriumError) {
      refused.push(input);
    } else if (!written.has(input.fileName.toLowerCase())) {
      // not every file system tells capitals apart
      written.add(input.fileName.toLowerCase());
      yield input;
    }
  }
}

function inputOf(
  item: ParsedItem,
  program: InputProgram,
  options: Omit<InputOptions, 'label'>,
): InputFile | NatriumError {
  if ('error' in item) return item.error;
  try {
    return writeInput(program, item.record.structure, { ...options, label: item.record.label });
  } catch (error) {
    if (!(error instanceof NatriumError)) throw error;
    return error;
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new NatriumError('BAD_USER_INPUT', `cannot make the folder ${folder}: ${(error as Error).message}`);
  }
}

async function writeInputFile(
  { folder, overwrite }: Task,
  { fileName, text }: InputFile,
): Promise<'written' | 'known'> {
  const path = join(folder, fileName);
  try {
    const there = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (there === text) return 'known';
    if (there !== null && !overwrite) {
      throw new NatriumError(
        'ALREADY_EXISTS',
        `${path} holds something else; name another folder, or replace such files with --overwrite`,
      );
    }
    // a queue that watches the folder never sees half an input
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
    return 'written';
  } catch (error) {
    if (error instanceof NatriumError) throw error;
    throw new NatriumError('BAD_USER_INPUT', `cannot write ${path}: ${(error as Error).message}`);
  }
}
