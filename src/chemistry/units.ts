/**
 * The Bohr radius in Å, by which QCSchema's geometries (bohr) and ours (Å) differ. CODATA 2018, standard uncertainty
 * 0.000000000080 Å: Tiesinga, Mohr, Newell, Taylor, Rev. Mod. Phys. 93, 025010 (2021), table XXXI. Other programs use the
 * values of other years, which differ from the eighth digit on.
 */
export const BOHR_ANGSTROM = 0.529177210903;

/** A length in bohr; there and back may change the last digit of a double. */
export function bohrFromAngstrom(lengthAngstrom: number): number {
  return lengthAngstrom / BOHR_ANGSTROM;
}

/** A length in Å; there and back may change the last digit of a double. */
export function angstromFromBohr(lengthBohr: number): number {
  return lengthBohr * BOHR_ANGSTROM;
}
