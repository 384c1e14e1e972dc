import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { ParseArgsConfig } from 'node:util';
import { type CalculationRecord, structureRecord } from '../chemistry/calculation-record.ts';
import { writeExtxyz } from '../chemistry/extxyz/writer.ts';
import {
  checkGenerationParameters,
  type GeneratedCluster,
  type GenerationParameters,
  generateCluster,
  generatedCount,
  PAPER_CLUSTERS_PER_SIZE,
  PAPER_SIZES,
} from '../chemistry/s-blda/generator.ts';
import { type DistanceLaw, PAPER_LAWS } from '../chemistry/s-blda/law.ts';
import { twoShortestDistances } from '../chemistry/s-blda/two-nearest.ts';
import { syntheticLevelOfTheory, syntheticShieldings, withNoise } from '../chemistry/synthetic-shieldings.ts';
import { NatriumError } from '../errors.ts';
import { mean, normalCdf, standardDeviation } from '../ml/statistics/statistics.ts';
import { commandLine } from './command-line.ts';
import type { Print } from './print.ts';

const PROGRESS_MS = 5000;
const MOST_NOISE_PPM = 1000;

const lawText = ({ meanAngstrom, standardDeviationAngstrom }: DistanceLaw) =>
  `${meanAngstrom},${standardDeviationAngstrom}`;

const USAGE = `usage: natrium generate [OPTIONS] FILE

Writes random clusters to FILE as extended XYZ, by S-BLDA: the distances of the atoms to their nearest and next-nearest neighbours
follow two normal distributions. No server is needed; natrium import --structures FILE brings the clusters into one. The same
options give the same file on every machine.

  --sizes 14,16          numbers of atoms (default ${PAPER_SIZES.join(',')})
  --per-size N           clusters of each size (default ${PAPER_CLUSTERS_PER_SIZE})
  --nearest MEAN,SD      Å, of the finished clusters (default ${lawText(PAPER_LAWS.nearest)})
  --next-nearest MEAN,SD Å, of the finished clusters (default ${lawText(PAPER_LAWS.nextNearest)})
  --element SYMBOL       (default Na)
  --seed N               (default 1)
  --synthetic-shieldings invents a shielding for each atom by a formula of its surroundings, for tries without DFT; their level
                         of theory is "synthetic" (docs/methods.md)
  --noise PPM            standard deviation of seeded noise on these (default 0)
  --overwrite            replace FILE`;

const OPTIONS = {
  sizes: { type: 'string' },
  'per-size': { type: 'string' },
  nearest: { type: 'string' },
  'next-nearest': { type: 'string' },
  element: { type: 'string' },
  seed: { type: 'string' },
  'synthetic-shieldings': { type: 'boolean' },
  noise: { type: 'string' },
  overwrite: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} satisfies ParseArgsConfig['options'];

const { parse, wrongUse } = commandLine('generate', OPTIONS);

/**
 * `natrium generate FILE`: clusters by S-BLDA as a file, and for each size what their distances are. FILE appears when it is
 * complete. Throws a NatriumError as `checkGenerationParameters` and `generateCluster` do.
 */
export async function generateFile(args: readonly string[], print: Print): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help) {
    print(USAGE);
    return;
  }
  if (positionals.length !== 1) throw wrongUse(`name one file for the clusters, not ${positionals.length}`);
  const [file] = positionals;
  const parameters = parametersOf(values);
  checkGenerationParameters(parameters);
  const noisePpm = noiseOf(values);
  if (!values.overwrite && (await exists(file))) {
    throw new NatriumError('ALREADY_EXISTS', `${file} is there already; name another file, or give --overwrite`);
  }
  const measured = await write(parameters, noisePpm, file, print);
  print(`${file}: ${generatedCount(parameters)} clusters`);
  for (const size of parameters.sizes) print(summary(size, measured.get(size)!, parameters));
}

function parametersOf(values: ReturnType<typeof parse>['values']): GenerationParameters {
  return {
    element: values.element ?? 'Na',
    sizes: values.sizes === undefined ? PAPER_SIZES : values.sizes.split(',').map((text) => number('sizes', text)),
    clustersPerSize:
      values['per-size'] === undefined ? PAPER_CLUSTERS_PER_SIZE : number('per-size', values['per-size']),
    laws: {
      nearest: law('nearest', values.nearest) ?? PAPER_LAWS.nearest,
      nextNearest: law('next-nearest', values['next-nearest']) ?? PAPER_LAWS.nextNearest,
    },
    seed: values.seed === undefined ? 1 : number('seed', values.seed),
  };
}

/** Noise (ppm) of the synthetic shieldings; null if there shall be none of these. */
function noiseOf(values: ReturnType<typeof parse>['values']): number | null {
  if (!values['synthetic-shieldings']) {
    if (values.noise !== undefined) throw wrongUse('--noise goes with --synthetic-shieldings');
    return null;
  }
  const noisePpm = values.noise === undefined ? 0 : number('noise', values.noise);
  if (!(noisePpm >= 0 && noisePpm <= MOST_NOISE_PPM)) {
    throw wrongUse(`--noise is ${noisePpm} ppm; give 0 to ${MOST_NOISE_PPM}`);
  }
  return noisePpm;
}

function number(option: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw wrongUse(`--${option} holds ${JSON.stringify(text.slice(0, 40))}, which is no number`);
  return value;
}

function law(option: string, text: string | undefined): DistanceLaw | null {
  if (text === undefined) return null;
  const parts = text.split(',').map((part) => number(option, part));
  if (parts.length !== 2)
    throw wrongUse(`--${option} is ${JSON.stringify(text)}; give a mean and a deviation: 3.5,0.1`);
  return { meanAngstrom: parts[0], standardDeviationAngstrom: parts[1] };
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Distances of the atoms of all clusters of one size. */
interface Measured {
  readonly nearest: number[];
  readonly nextNearest: number[];
}

async function write(
  parameters: GenerationParameters,
  noisePpm: number | null,
  file: string,
  print: Print,
): Promise<Map<number, Measured>> {
  const measured = new Map(parameters.sizes.map((size) => [size, { nearest: [], nextNearest: [] } as Measured]));
  const total = generatedCount(parameters);
  // of this process: another one may be writing the same file
  const part = `${file}.${process.pid}.part`;
  const stream = createWriteStream(part);
  const ended = finished(stream);
  // an error is told where it is waited for
  ended.catch(() => {});
  const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));
  try {
    let told = Date.now();
    for (let index = 0; index < total; index++) {
      const cluster = generateCluster(parameters, index);
      measure(cluster, measured);
      const text = textOf(noisePpm === null ? plain(cluster) : synthetic(cluster, noisePpm, parameters.seed));
      if (!stream.write(text)) await Promise.race([once(stream, 'drain'), ended]);
      if (Date.now() - told < PROGRESS_MS) continue;
      told = Date.now();
      print(`${index + 1} of ${total} clusters`);
    }
    stream.end();
    await ended;
    await rename(part, file);
    return measured;
  } catch (error) {
    // closed first, or it might still be made after it was removed
    stream.destroy();
    await closed;
    await rm(part, { force: true });
    if (error instanceof NatriumError) throw error;
    throw new NatriumError('BAD_USER_INPUT', `cannot write ${file}: ${(error as Error).message}`);
  }
}

function textOf(record: CalculationRecord): string {
  return [...writeExtxyz([record])].join('');
}

function plain({ structure, label, provenance }: GeneratedCluster): CalculationRecord {
  return structureRecord(structure, label, provenance);
}

function synthetic(cluster: GeneratedCluster, noisePpm: number, seed: number): CalculationRecord {
  const shieldings = syntheticShieldings(cluster.structure);
  return {
    ...plain(cluster),
    levelOfTheory: syntheticLevelOfTheory(noisePpm),
    shieldingsPpm: noisePpm === 0 ? shieldings : withNoise(shieldings, noisePpm, seed, cluster.label),
  };
}

function measure({ structure }: GeneratedCluster, measured: Map<number, Measured>): void {
  const { nearest, nextNearest } = measured.get(structure.atomicNumbers.length)!;
  for (const [first, second] of twoShortestDistances(structure.positionsAngstrom)) {
    nearest.push(first);
    nextNearest.push(second);
  }
}

function summary(size: number, { nearest, nextNearest }: Measured, { laws }: GenerationParameters): string {
  const parts = [
    ...(size > 1 ? [`nearest ${against(nearest, laws.nearest)}`] : []),
    ...(size > 2 ? [`next-nearest ${against(nextNearest, laws.nextNearest)}`] : []),
  ];
  return `  ${String(size).padStart(4)} atoms  ${parts.join('  ')}`.trimEnd();
}

/** Mean, standard deviation, and the largest difference of the two distribution functions (Kolmogorov and Smirnov). */
function against(values: number[], { meanAngstrom, standardDeviationAngstrom }: DistanceLaw): string {
  const sorted = Float64Array.from(values).sort();
  let largest = 0;
  for (let i = 0; i < sorted.length; i++) {
    const expected = normalCdf((sorted[i] - meanAngstrom) / standardDeviationAngstrom);
    largest = Math.max(largest, expected - i / sorted.length, (i + 1) / sorted.length - expected);
  }
  return `${mean(sorted).toFixed(3)} ± ${standardDeviation(sorted).toFixed(3)} Å (KS ${largest.toFixed(3)})`;
}
