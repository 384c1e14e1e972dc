import { basename } from 'node:path';
import type { CalculationRecord } from '../chemistry/calculation-record.ts';
import { symbolOf } from '../chemistry/elements.ts';
import { type FileFormat, readItems, withFormat } from '../chemistry/formats.ts';
import { parseOutput } from '../chemistry/outputs/output-file.ts';
import { NatriumError } from '../errors.ts';
import { chunksOf } from './local-file.ts';
import type { Print } from './print.ts';

type Matrix = readonly (readonly number[])[];

/** What `natrium parse` prints for one calculation. */
export interface ParsedCalculation {
  readonly label: string | null;
  readonly program: string | null;
  readonly version: string | null;
  readonly method: string | null;
  readonly basis: string | null;
  readonly charge: number;
  readonly multiplicity: number;
  readonly energyHartree: number | null;
  readonly spinSquared: number | null;
  readonly shieldingGauge: string | null;
  readonly tensorIndexOrder: string;
  readonly atoms: readonly {
    readonly element: string;
    /** In the frame of the tensors and populations. */
    readonly positionAngstrom: readonly number[];
    /** In ppm; the tensor in rows as the program prints them. */
    readonly shielding: { readonly isotropic: number; readonly tensor: Matrix | null } | null;
    readonly grossOrbitalPopulations: Readonly<Record<string, number>> | null;
    /** In atomic units, as the program prints it. */
    readonly electricFieldGradient: Matrix | null;
  }[];
  readonly provenance: CalculationRecord['provenance'];
}

/**
 * `natrium parse FILE`: prints what an output of Gaussian, ORCA or NWChem holds as one JSON object on one line. A file of
 * XYZ, extended XYZ, QCSchema or CSV may hold many items: one object on a line for each. Throws a NatriumError that names
 * file and line; of such a file the items that can be read are printed first.
 */
export async function parseFile(paths: readonly string[], print: Print): Promise<void> {
  if (paths.length !== 1) {
    throw new NatriumError('BAD_USER_INPUT', 'name one file: natrium parse FILE');
  }
  const [path] = paths;
  const fileName = basename(path);
  const { format, chunks } = await withFormat(chunksOf(path));
  if (format === null || format === 'PROGRAM_OUTPUT') {
    print(JSON.stringify(parsedCalculation(await parseOutput(chunks, fileName))));
  } else {
    await parseItems(chunks, fileName, format, print);
  }
}

/** The record as `natrium parse` prints it. */
export function parsedCalculation(record: CalculationRecord): ParsedCalculation {
  const { structure, levelOfTheory, provenance } = record;
  const said = (key: string): string | null => (typeof provenance[key] === 'string' ? provenance[key] : null);
  return {
    label: record.label,
    program: levelOfTheory?.program ?? said('program'),
    version: levelOfTheory?.version ?? said('program_version'),
    method: levelOfTheory?.method ?? said('method'),
    basis: levelOfTheory?.basis ?? said('basis'),
    charge: structure.charge,
    multiplicity: structure.multiplicity,
    energyHartree: record.energyHartree,
    spinSquared: record.spinSquared,
    shieldingGauge: record.shieldingGauge,
    tensorIndexOrder: record.tensorIndexOrder,
    atoms: structure.atomicNumbers.map((z, atom) => ({
      element: symbolOf(z),
      positionAngstrom: [...structure.positionsAngstrom.subarray(3 * atom, 3 * atom + 3)],
      shielding: shieldingOf(record, atom),
      grossOrbitalPopulations: populationsOf(record, atom),
      electricFieldGradient: matrixOf(record.electricFieldGradientsAu, atom),
    })),
    provenance,
  };
}

function shieldingOf(
  { shieldingsPpm, shieldingTensorsPpm }: CalculationRecord,
  atom: number,
): { isotropic: number; tensor: Matrix | null } | null {
  const isotropic = shieldingsPpm?.[atom] ?? Number.NaN;
  return Number.isNaN(isotropic) ? null : { isotropic, tensor: matrixOf(shieldingTensorsPpm, atom) };
}

function populationsOf(
  { populationLabels, grossOrbitalPopulations }: CalculationRecord,
  atom: number,
): Record<string, number> | null {
  if (populationLabels === null || grossOrbitalPopulations === null) return null;
  const own = populationLabels.map((label, k): [string, number] => [
    label,
    grossOrbitalPopulations[atom * populationLabels.length + k],
  ]);
  return Object.fromEntries(own.filter(([, value]) => !Number.isNaN(value)));
}

function matrixOf(tensors: Float64Array | null, atom: number): Matrix | null {
  if (tensors === null || Number.isNaN(tensors[9 * atom])) return null;
  return [0, 3, 6].map((row) => [...tensors.subarray(9 * atom + row, 9 * atom + row + 3)]);
}

async function parseItems(
  chunks: AsyncIterable<Uint8Array>,
  fileName: string,
  format: FileFormat,
  print: Print,
): Promise<void> {
  let refused = 0;
  let firstError: NatriumError | null = null;
  for await (const item of readItems(chunks, fileName, format)) {
    if ('record' in item) {
      print(JSON.stringify(parsedCalculation(item.record)));
    } else {
      refused += 1;
      firstError ??= item.error;
    }
  }
  if (firstError !== null) {
    const more = refused > 1 ? ` (and ${refused - 1} more items were refused)` : '';
    throw new NatriumError(firstError.code, firstError.message + more, firstError.details);
  }
}
