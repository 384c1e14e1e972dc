import { NatriumError } from '../../errors.ts';
import type { CalculationRecord, TensorIndexOrder } from '../calculation-record.ts';
import { withHead } from '../text/chunks.ts';
import { CueReader, type Dialect } from './cues.ts';
import { gaussianDialect } from './gaussian.ts';
import { Job } from './job.ts';
import { LineScanner } from './line-scanner.ts';
import { nwchemDialect } from './nwchem.ts';
import { orcaDialect } from './orca.ts';
import { recordOf } from './record.ts';

export type OutputProgram = 'GAUSSIAN' | 'ORCA' | 'NWCHEM';

interface Program {
  readonly name: string;
  readonly dialect: (job: Job) => Dialect;
  /** Row and column of a shielding tensor as printed. */
  readonly tensorIndexOrder: TensorIndexOrder;
  /** Texts of the beginning of its outputs, or, where that was cut off, of nobody else's. */
  readonly signs: readonly string[];
}

const PROGRAMS: Readonly<Record<OutputProgram, Program>> = {
  GAUSSIAN: {
    name: 'Gaussian',
    dialect: gaussianDialect,
    tensorIndexOrder: 'FIELD_MOMENT',
    signs: [
      'Entering Gaussian System',
      'Gaussian, Inc.',
      'This is part of the Gaussian',
      'Entering Link 1 =',
      'Standard orientation:',
      'Input orientation:',
      'SCF Done:  E(',
      'SCF GIAO Magnetic shielding',
    ],
  },
  ORCA: {
    name: 'ORCA',
    dialect: orcaDialect,
    tensorIndexOrder: 'FIELD_MOMENT',
    signs: [
      '* O   R   C   A *',
      'Directorship and core code : Frank Neese',
      'CARTESIAN COORDINATES (ANGSTROEM)',
      'ORCA SCF',
    ],
  },
  NWCHEM: {
    name: 'NWChem',
    dialect: nwchemDialect,
    // NWChem symmetrises its tensors before it prints them
    tensorIndexOrder: 'UNKNOWN',
    signs: [
      'Northwest Computational Chemistry Package',
      'NWChem Input Module',
      'NWChem DFT Module',
      'NWChem SCF Module',
    ],
  },
};

/** How much of a file is looked through to recognise its program: batch systems write before the program does. */
export const HEAD_BYTES = 65_536;

/** Which program's output begins like this (its first 64 KiB, or all of it if it is shorter); null for anything else. */
export function isKnownOutput(head: Uint8Array): OutputProgram | null {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, HEAD_BYTES));
  // most outputs say what they are at once
  for (let window = 4096; ; window *= 4) {
    const found = firstSigned(bytes.subarray(0, window).toString('latin1'));
    if (found !== null || window >= bytes.length) return found;
  }
}

function firstSigned(text: string): OutputProgram | null {
  let found: OutputProgram | null = null;
  let first = text.length;
  for (const [program, { signs }] of Object.entries(PROGRAMS) as [OutputProgram, Program][]) {
    for (const sign of signs) {
      const at = text.indexOf(sign);
      if (at >= 0 && at < first) {
        first = at;
        found = program;
      }
    }
  }
  return found;
}

/**
 * Reads the output of Gaussian 09/16, ORCA 5/6 or NWChem 7 as it streams in, in memory that does not grow with the file.
 *
 * Of several tasks, the result is the last with a complete block of shieldings, else the last with an energy; provenance
 * says which (`task`, `tasks`, `result_note`) and how the job ended (`termination`: NORMAL, ERROR or UNFINISHED).
 * Positions are in the frame of the tensors and populations (provenance `frame`). Centres without a nucleus are left out.
 *
 * Errors carry `details.file` and `details.line`: MALFORMED_FILE (no known program, no geometry, a line that cannot be right),
 * MISSING_SHIELDING (the job or the file ended inside the only block of shieldings, or with an error before there was one),
 * NON_FINITE_NUMBER (asterisks, nan), and whatever `checkStructure` finds.
 */
export async function parseOutput(chunks: AsyncIterable<Uint8Array>, fileName: string): Promise<CalculationRecord> {
  const { head, all } = await withHead(chunks, HEAD_BYTES);
  const program = isKnownOutput(head);
  if (program === null) {
    await all.return();
    throw unknownProgram(head.length === 0, fileName);
  }
  const { name, dialect, tensorIndexOrder } = PROGRAMS[program];
  const job = new Job(fileName, name);
  const reader = new CueReader(dialect(job), job);
  const scanner = new LineScanner(reader);
  for await (const chunk of all) scanner.push(chunk);
  scanner.finish();
  reader.finish(scanner.lastLine);
  return recordOf(job, tensorIndexOrder);
}

function unknownProgram(isEmpty: boolean, fileName: string): NatriumError {
  return new NatriumError(
    'MALFORMED_FILE',
    `${fileName}, line 1: ${isEmpty ? 'the file is empty' : 'no output of Gaussian, ORCA or NWChem'}; ` +
      'give the whole output file of one of these programs.',
    { file: fileName, line: 1 },
  );
}
