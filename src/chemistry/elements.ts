import { NatriumError } from '../errors.ts';

const SYMBOLS = (
  'H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo ' +
  'Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl ' +
  'Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og'
).split(' ');

const NUMBER_BY_LOWER_CASE_SYMBOL = new Map(SYMBOLS.map((symbol, index) => [symbol.toLowerCase(), index + 1]));

/** The heaviest element known here, oganesson. */
export const LARGEST_ATOMIC_NUMBER = SYMBOLS.length;

/** Whether `z` is the atomic number of an element, 1 to 118. */
export function isAtomicNumber(z: number): boolean {
  return Number.isInteger(z) && z >= 1 && z <= LARGEST_ATOMIC_NUMBER;
}

/** Atomic number of an element symbol in any case (programs print `NA` and `na` too), or undefined if there is none. */
export function atomicNumberOf(symbol: string): number | undefined {
  return NUMBER_BY_LOWER_CASE_SYMBOL.get(symbol.toLowerCase());
}

/** Symbol of the element with atomic number `z`. Throws UNKNOWN_ELEMENT outside 1 to 118. */
export function symbolOf(z: number): string {
  if (!isAtomicNumber(z)) {
    throw new NatriumError('UNKNOWN_ELEMENT', `No element has the atomic number ${z}; give one from 1 to 118.`);
  }
  return SYMBOLS[z - 1];
}
