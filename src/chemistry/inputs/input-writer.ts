import { NatriumError } from '../../errors.ts';
import type { Structure } from '../structure.ts';
import { gaussianInput } from './gaussian.ts';
import { type InputJob, type InputOptions, inputJob } from './job.ts';
import { nwchemInput } from './nwchem.ts';
import { orcaInput } from './orca.ts';
import { pyscfInput } from './pyscf.ts';

export { INPUT_BASES, INPUT_METHODS, type InputBasis, type InputMethod, type InputOptions } from './job.ts';
export { fileNameFor, type NameTag, nameTag, parseNameTag } from './name-tag.ts';

export const INPUT_PROGRAMS = ['GAUSSIAN', 'NWCHEM', 'ORCA', 'PYSCF'] as const;
export type InputProgram = (typeof INPUT_PROGRAMS)[number];

/** An input for a program. */
export interface InputFile {
  readonly fileName: string;
  readonly text: string;
}

const WRITERS: Readonly<
  Record<InputProgram, { readonly extension: string; readonly write: (job: InputJob) => string }>
> = {
  GAUSSIAN: { extension: 'gjf', write: gaussianInput },
  NWCHEM: { extension: 'nw', write: nwchemInput },
  ORCA: { extension: 'inp', write: orcaInput },
  PYSCF: { extension: 'py', write: pyscfInput },
};

/**
 * The input with which a program computes the shieldings and gross orbital populations of a cluster, by default as the paper
 * did: B3LYP/6-31G(d), open-shell singlet. ASCII, whatever the label holds. The text carries `nameTag`, the file name the first
 * digits of the identity, so that the output finds its cluster.
 *
 * Throws what `checkStructure` does, and BAD_USER_INPUT for an option that does not exist or that the program does not have.
 */
export function writeInput(program: InputProgram, structure: Structure, options: InputOptions = {}): InputFile {
  if (!Object.hasOwn(WRITERS, program)) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `There is no input for ${program}; give one of ${INPUT_PROGRAMS.join(', ')}.`,
    );
  }
  const { extension, write } = WRITERS[program];
  const job = inputJob(structure, options);
  return { fileName: `${job.name}.${extension}`, text: write(job) };
}
