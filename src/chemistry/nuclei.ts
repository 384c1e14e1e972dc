import { NatriumError } from '../errors.ts';
import { atomicNumberOf, symbolOf } from './elements.ts';

/** A nucleus such as 23Na: an isotope of an element. */
export interface Nucleus {
  /** Mass number and element symbol, such as `23Na`. */
  readonly name: string;
  readonly atomicNumber: number;
  readonly massNumber: number;
}

/** What is known of a nucleus beyond its name. */
export interface NuclearData {
  /** Spin quantum number I. */
  readonly spin: number;
  /** Ξ in percent: its resonance frequency where the protons of TMS resonate at 100 MHz. */
  readonly frequencyRatioPercent: number;
  /** Electric quadrupole moment Q in barn, 1e-28 m². */
  readonly quadrupoleMomentBarn: number;
}

export const DEFAULT_NUCLEUS = '23Na';

const FORMS = /^(?:([1-9]\d{0,2})-?([a-z]{1,2})|([a-z]{1,2})-?([1-9]\d{0,2}))$/i;

/** No nucleus is known beyond: the lightest elements come nearest to it, with 8He and 11Li. */
const MOST_NUCLEONS_A_PROTON = 4;

/**
 * I and Ξ: Harris, Becker, Cabral de Menezes, Goodfellow, Granger, Pure Appl. Chem. 73, 1795 (2001), table 3. Q: Pyykkö, Mol.
 * Phys. 106, 1965 (2008), kept in Mol. Phys. 116, 1328 (2018).
 */
const KNOWN: Readonly<Record<string, NuclearData>> = {
  '23Na': { spin: 3 / 2, frequencyRatioPercent: 26.4519, quadrupoleMomentBarn: 0.104 },
};

/**
 * The nucleus that is written `23Na`, `Na-23` or `na23`, in any case. Of any element; its mass number must lie between the
 * number of its protons and four times that. Throws BAD_USER_INPUT for anything else.
 */
export function parseNucleus(text: string): Nucleus {
  const match = FORMS.exec(text.trim());
  const symbol = match?.[2] ?? match?.[3];
  const atomicNumber = symbol === undefined ? undefined : atomicNumberOf(symbol);
  const given = JSON.stringify(text.slice(0, 40));
  if (match === null || symbol === undefined) {
    throw new NatriumError('BAD_USER_INPUT', `${given} is no nucleus; write mass number and element, such as 23Na`);
  }
  if (atomicNumber === undefined) {
    throw new NatriumError('BAD_USER_INPUT', `${given} is no nucleus: there is no element ${symbol}; write 23Na`);
  }
  const massNumber = Number(match[1] ?? match[4]);
  const element = symbolOf(atomicNumber);
  if (massNumber < atomicNumber || massNumber > MOST_NUCLEONS_A_PROTON * atomicNumber) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `${given} is no nucleus: the mass number of ${element} lies between ${atomicNumber} and ` +
        `${MOST_NUCLEONS_A_PROTON * atomicNumber}, not at ${massNumber}`,
    );
  }
  return { name: `${massNumber}${element}`, atomicNumber, massNumber };
}

/** Spin, frequency ratio and quadrupole moment; null for a nucleus of which they are not certain here. */
export function nuclearDataOf(nucleus: Nucleus): NuclearData | null {
  return KNOWN[nucleus.name] ?? null;
}
