import { NatriumError } from '../../errors.ts';
import { symbolOf } from '../elements.ts';
import { checkStructure, type Structure } from '../structure.ts';
import { structureHash } from '../structure-identity.ts';
import { fileNameFor, nameTag } from './name-tag.ts';

export const INPUT_METHODS = ['B3LYP', 'PBE0', 'PBE'] as const;
export type InputMethod = (typeof INPUT_METHODS)[number];

/** Pople's sets; their d functions are the six Cartesian ones, as the paper's. */
export const INPUT_BASES = ['6-31G', '6-31G(d)', '6-31G(d,p)', '6-31+G(d)'] as const;
export type InputBasis = (typeof INPUT_BASES)[number];

/** The programs agree on Pople's sets up to zinc. */
const HEAVIEST_ELEMENT = 30;
const MOST_PROCESSORS = 1024;
const MOST_MEMORY_MEGABYTES = 16 * 1024 * 1024;

/** What to compute, and how; the defaults are the paper's level of theory. */
export interface InputOptions {
  /** Name of the cluster, to find the result by. */
  readonly label?: string | null;
  /** Default B3LYP, with VWN's functional as in Gaussian. */
  readonly method?: InputMethod;
  /** Default 6-31G(d), with Cartesian d functions. */
  readonly basis?: InputBasis;
  /**
   * Whether a singlet is computed without restriction, from a guess with mixed HOMO and LUMO, so that an open-shell singlet is
   * found where there is one. Default true; without it the filter on <S²> filters nothing.
   */
  readonly openShellSinglet?: boolean;
  /** Whether the solution is tested for stability and followed down to a stable one. Default false. */
  readonly stabilityCheck?: boolean;
  /** Default: what the program takes by itself. */
  readonly processors?: number;
  /** Memory of the whole job. Default: what the program takes by itself. */
  readonly memoryMegabytes?: number;
}

/** One calculation to write an input for, checked. */
export interface InputJob {
  readonly structure: Structure;
  readonly label: string | null;
  readonly tag: string;
  /** File name without an extension. */
  readonly name: string;
  readonly method: InputMethod;
  readonly basis: InputBasis;
  readonly isUnrestricted: boolean;
  /** Whether the guess must break the symmetry of the spins. */
  readonly mixesGuess: boolean;
  readonly stabilityCheck: boolean;
  readonly processors: number | null;
  readonly memoryMegabytes: number | null;
}

/** Throws what `checkStructure` does, and BAD_USER_INPUT for an option that does not exist or an element without a basis. */
export function inputJob(structure: Structure, options: InputOptions): InputJob {
  const {
    label = null,
    method = 'B3LYP',
    basis = '6-31G(d)',
    openShellSinglet = true,
    stabilityCheck = false,
  } = options;
  const where = label === null ? 'the structure' : JSON.stringify(label.slice(0, 100));
  checkStructure(structure, where);
  oneOf('method', method, INPUT_METHODS);
  oneOf('basis', basis, INPUT_BASES);
  const name = fileNameFor(structure, label);
  const heavy = structure.atomicNumbers.findIndex((z) => z > HEAVIEST_ELEMENT);
  if (heavy >= 0) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `Atom ${heavy + 1} of ${name} is ${symbolOf(structure.atomicNumbers[heavy])}, heavier than zinc, for which ${basis} is ` +
        'not the same in all programs; leave this cluster out.',
      { atom: heavy + 1, identitySha256: structureHash(structure) },
    );
  }
  const isUnrestricted = structure.multiplicity > 1 || openShellSinglet;
  if (stabilityCheck && !isUnrestricted) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      'A stability check needs openShellSinglet: the stable solution may be open-shell.',
    );
  }
  const electrons = structure.atomicNumbers.reduce((sum, z) => sum + z, -structure.charge);
  return {
    structure,
    label,
    tag: nameTag(structure, label),
    name,
    method,
    basis,
    isUnrestricted,
    mixesGuess: structure.multiplicity === 1 && openShellSinglet && electrons >= 2,
    stabilityCheck,
    processors: wholeNumber('processors', options.processors, MOST_PROCESSORS),
    memoryMegabytes: wholeNumber('memoryMegabytes', options.memoryMegabytes, MOST_MEMORY_MEGABYTES),
  };
}

function oneOf(option: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    const given = JSON.stringify(String(value).slice(0, 40));
    throw new NatriumError('BAD_USER_INPUT', `${option} is ${given}; give one of ${choices.join(', ')}.`);
  }
}

function wholeNumber(option: string, value: number | undefined, most: number): number | null {
  if (value === undefined) return null;
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new NatriumError('BAD_USER_INPUT', `${option} is ${value}; give a whole number from 1 to ${most}.`);
  }
  return value;
}
