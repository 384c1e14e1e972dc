import { type LevelOfTheory, levelOfTheoryText } from '../../chemistry/calculation-record.ts';
import type { Nucleus } from '../../chemistry/nuclei.ts';
import type { Lineshape } from '../../chemistry/spectrum/lineshapes.ts';
import type { ShieldingReference } from '../records.ts';

export const SPECTRUM_SCALES = ['SHIELDING', 'SHIFT'] as const;
export type SpectrumScale = (typeof SPECTRUM_SCALES)[number];

/** Where the lines stand, one an atom in the order of the source; and what the nuclei feel of field gradients, if that is known. */
export interface SpectrumLines {
  readonly positionsPpm: Float64Array;
  /** |CQ| of each; null unless it is known of all. */
  readonly quadrupolarCouplingsMegahertz: readonly number[] | null;
  readonly asymmetries: readonly (number | null)[] | null;
  /** What the positions were moved by, as shifts; null unless a Larmor frequency was given. */
  readonly quadrupoleInducedShiftsPpm: readonly number[] | null;
}

export interface Spectrum {
  readonly sourceName: string;
  readonly nucleus: Nucleus;
  readonly scale: SpectrumScale;
  readonly levelOfTheoryIds: readonly string[];
  readonly reference: ShieldingReference | null;
  readonly lineshape: Lineshape;
  readonly larmorFrequencyMegahertz: number | null;
  readonly lines: SpectrumLines;
  readonly positionsPpm: Float64Array;
  readonly intensities: Float64Array;
}

/** What the positions of the lines are, and what they leave out. */
export function spectrumLabel({ lines, larmorFrequencyMegahertz }: Spectrum): string {
  if (lines.quadrupolarCouplingsMegahertz === null) return 'isotropic only';
  return larmorFrequencyMegahertz === null
    ? 'isotropic positions; quadrupolar couplings known but not applied'
    : 'isotropic positions with the second-order quadrupole-induced shift of the central transition under fast MAS at ' +
        `${larmorFrequencyMegahertz} MHz; no quadrupolar broadening`;
}

/** Title and comments of a spectrum's file. */
export function jcampDescription(
  spectrum: Spectrum,
  levels: readonly LevelOfTheory[],
): { readonly title: string; readonly comments: readonly string[] } {
  const { nucleus, scale, reference, lineshape, sourceName, lines } = spectrum;
  const what = scale === 'SHIELDING' ? 'shieldings (not shifts)' : 'shifts';
  const shape = lineshape.kind.toLowerCase().replace('_', '-');
  const fraction = lineshape.kind === 'PSEUDO_VOIGT' ? `, ${lineshape.lorentzianFraction} of it Lorentzian` : '';
  return {
    title: `${nucleus.name} ${what}, computed: ${sourceName}`,
    comments: [
      reference === null
        ? 'The abscissa is the absolute shielding sigma in ppm, NOT a chemical shift: it grows towards lower frequency.'
        : `The abscissa is the chemical shift in ppm. Reference: ${reference.compound}, sigma_ref = ` +
          `${reference.shieldingPpm} ppm, version ${reference.version}. Source of the reference: ${reference.source}`,
      `Positions: ${spectrumLabel(spectrum)}.`,
      `Level of theory: ${levels.map(levelOfTheoryText).join('; ')}`,
      `${lines.positionsPpm.length} lines, one an atom: ${shape}${fraction}, full width at half maximum ` +
        `${lineshape.fullWidthAtHalfMaximumPpm} ppm.`,
      'Intensities in atoms per ppm: each line has the area 1.',
    ],
  };
}
