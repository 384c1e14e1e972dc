import { shiftsFromShieldings } from '../../chemistry/chemical-shift.ts';
import { symbolOf } from '../../chemistry/elements.ts';
import { writeJcampDx } from '../../chemistry/jcamp-dx.ts';
import { type NuclearData, type Nucleus, nuclearDataOf, parseNucleus } from '../../chemistry/nuclei.ts';
import { quadrupolarCoupling, quadrupoleInducedShiftPpm } from '../../chemistry/quadrupolar.ts';
import { checkedLineshape, type LineshapeKind } from '../../chemistry/spectrum/lineshapes.ts';
import { axisEnds, spectrumAxis, spectrumIntensities } from '../../chemistry/spectrum.ts';
import { NatriumError } from '../../errors.ts';
import type { Store } from '../ports.ts';
import type { ShieldingReference } from '../records.ts';
import { chooseReference, knownReferences } from './shielding-references.ts';
import { jcampDescription, type Spectrum, type SpectrumLines, type SpectrumScale } from './spectrum-description.ts';
import {
  commonLevelOfTheory,
  type SpectrumSource,
  type SpectrumSourceInput,
  spectrumSource,
} from './spectrum-sources.ts';

const LEAST_MEGAHERTZ = 1;
const MOST_MEGAHERTZ = 10_000;
/** Far beyond those of the heaviest nuclei, and small enough that no square overflows. */
const LARGEST_COUPLING_MEGAHERTZ = 1e9;

export interface SpectrumInput extends SpectrumSourceInput {
  /** As `parseNucleus` reads it. */
  readonly nucleus: string;
  readonly scale: SpectrumScale;
  /** Only with SHIFT; the newest unless given. */
  readonly reference: ShieldingReference | null;
  readonly lineshape: LineshapeKind;
  readonly fullWidthAtHalfMaximumPpm: number;
  readonly lorentzianFraction: number | null;
  readonly fromPpm: number | null;
  readonly toPpm: number | null;
  readonly points: number;
  readonly larmorFrequencyMegahertz: number | null;
}

/** Spectra of stored shieldings: one line an atom, spread by a lineshape. Nothing of them is stored. */
export class Spectra {
  constructor(private readonly store: Store) {}

  /** Throws what is wrong with the input before any atom is read. */
  async compute(input: SpectrumInput): Promise<Spectrum> {
    const nucleus = parseNucleus(input.nucleus);
    const { lineshape: kind, fullWidthAtHalfMaximumPpm: width, scale, larmorFrequencyMegahertz } = input;
    const lineshape = checkedLineshape(kind, width, input.lorentzianFraction);
    // an axis that cannot be is refused before any atom is read
    axisEnds(input, Float64Array.of(0), width);
    const nuclear = nuclearDataOf(nucleus);
    checkLarmorFrequency(larmorFrequencyMegahertz, nucleus, nuclear);
    const source = await spectrumSource(this.store, input);
    const reference = await this.referenceOf(source, nucleus, input);
    const atoms = await atomsOf(source, nucleus, nuclear);
    const lines = placeLines(atoms, nuclear, reference, larmorFrequencyMegahertz, nucleus);
    const positionsPpm = spectrumAxis(input, lines.positionsPpm, width);
    return {
      sourceName: source.name,
      nucleus,
      scale,
      levelOfTheoryIds: source.levelOfTheoryIds,
      reference,
      lineshape,
      larmorFrequencyMegahertz,
      lines,
      positionsPpm,
      intensities: await spectrumIntensities(lines.positionsPpm, lineshape, positionsPpm),
    };
  }

  /** The spectrum as a JCAMP-DX file. */
  async jcampDx(spectrum: Spectrum): Promise<string> {
    const levels = await this.store.levelsOfTheory.getMany(spectrum.levelOfTheoryIds);
    return writeJcampDx({
      ...spectrum,
      ...jcampDescription(
        spectrum,
        levels.map((level) => level!),
      ),
    });
  }

  private async referenceOf(source: SpectrumSource, nucleus: Nucleus, { scale, reference: given }: SpectrumInput) {
    if (scale === 'SHIELDING') {
      if (given === null) return null;
      throw new NatriumError('BAD_USER_INPUT', 'reference goes with the scale SHIFT; shieldings need none');
    }
    const levelOfTheory = await commonLevelOfTheory(this.store, source);
    const known = await knownReferences(this.store, nucleus.name, levelOfTheory.id);
    return chooseReference({ nucleus, levelOfTheory, given, known });
  }
}

interface Atoms {
  readonly shieldingsPpm: readonly number[];
  readonly couplings: readonly ReturnType<typeof quadrupolarCoupling>[];
}

async function atomsOf(source: SpectrumSource, nucleus: Nucleus, nuclear: NuclearData | null): Promise<Atoms> {
  const shieldingsPpm: number[] = [];
  const couplings: Atoms['couplings'][number][] = [];
  const elements = new Set<number>();
  for await (const part of source.read(nuclear !== null)) {
    for (const { atomicNumbers, shieldingsPpm: shieldings, electricFieldGradientsAu: gradients } of part) {
      atomicNumbers.forEach((z, i) => {
        elements.add(z);
        if (z !== nucleus.atomicNumber) return;
        shieldingsPpm.push(shieldings[i]);
        const gradient = gradients?.slice(9 * i, 9 * i + 9);
        if (nuclear === null || gradient === undefined || gradient.some(Number.isNaN)) return;
        const coupling = quadrupolarCoupling(gradient, nuclear.quadrupoleMomentBarn);
        if (!(coupling.couplingMegahertz <= LARGEST_COUPLING_MEGAHERTZ)) {
          throw new NatriumError(
            'BAD_USER_INPUT',
            `the electric field gradient of ${nucleus.name} ${shieldingsPpm.length} of ${source.name} has elements of up to ` +
              `${Math.max(...gradient.map(Math.abs))} a.u., which no nucleus feels; leave its calculation out`,
          );
        }
        couplings.push(coupling);
      });
    }
  }
  if (shieldingsPpm.length === 0) {
    const list = [...elements].sort((a, b) => a - b).map(symbolOf);
    throw new NatriumError(
      'BAD_USER_INPUT',
      `no atom of ${source.name} is ${symbolOf(nucleus.atomicNumber)}, so there is no ${nucleus.name}; it has ${list.join(', ')}`,
    );
  }
  return { shieldingsPpm, couplings };
}

function placeLines(
  { shieldingsPpm, couplings }: Atoms,
  nuclear: NuclearData | null,
  reference: ShieldingReference | null,
  larmorFrequencyMegahertz: number | null,
  nucleus: Nucleus,
): SpectrumLines {
  const positionsPpm =
    reference === null ? Float64Array.from(shieldingsPpm) : shiftsFromShieldings(shieldingsPpm, reference.shieldingPpm);
  const unknown = shieldingsPpm.length - couplings.length;
  if (unknown > 0 || nuclear === null) {
    if (larmorFrequencyMegahertz !== null) {
      throw new NatriumError(
        'BAD_USER_INPUT',
        `larmorFrequencyMegahertz needs the electric field gradients of all ${nucleus.name}, but ${unknown} of ` +
          `${shieldingsPpm.length} atoms have none; leave it out, or take calculations that have them`,
      );
    }
    return { positionsPpm, quadrupolarCouplingsMegahertz: null, asymmetries: null, quadrupoleInducedShiftsPpm: null };
  }
  const shifts =
    larmorFrequencyMegahertz === null
      ? null
      : couplings.map((coupling) => quadrupoleInducedShiftPpm(coupling, nuclear, larmorFrequencyMegahertz));
  const sign = reference === null ? -1 : 1;
  return {
    positionsPpm: shifts === null ? positionsPpm : positionsPpm.map((position, i) => position + sign * shifts[i]),
    quadrupolarCouplingsMegahertz: couplings.map((each) => each.couplingMegahertz),
    asymmetries: couplings.map((each) => each.asymmetry),
    quadrupoleInducedShiftsPpm: shifts,
  };
}

function checkLarmorFrequency(megahertz: number | null, nucleus: Nucleus, nuclear: NuclearData | null): void {
  if (megahertz === null) return;
  if (nuclear === null) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `larmorFrequencyMegahertz needs spin and quadrupole moment of ${nucleus.name}, which are not known here; leave it out`,
    );
  }
  if (!(megahertz >= LEAST_MEGAHERTZ && megahertz <= MOST_MEGAHERTZ)) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `larmorFrequencyMegahertz is ${megahertz}; give ${LEAST_MEGAHERTZ} to ${MOST_MEGAHERTZ} MHz`,
    );
  }
}
