import { levelOfTheoryText } from '../../chemistry/calculation-record.ts';
import { checkReferenceShielding, shieldingsFromShifts, shiftsFromShieldings } from '../../chemistry/chemical-shift.ts';
import { type Nucleus, parseNucleus } from '../../chemistry/nuclei.ts';
import { NatriumError } from '../../errors.ts';
import { type Caller, requireRole } from '../caller.ts';
import type { MutationRequest, Mutations } from '../mutations.ts';
import { checkText } from '../names.ts';
import type { Store } from '../ports.ts';
import type { DatasetVersion, LevelOfTheoryRecord, ShieldingReference } from '../records.ts';

const MOST_CONVERTED = 1_000_000;

export interface ShieldingReferenceInput {
  /** As `parseNucleus` reads it. */
  readonly nucleus: string;
  readonly levelOfTheoryId: string;
  readonly shieldingPpm: number;
  readonly compound: string;
  readonly source: string;
}

/** Which reference shifts of one nucleus at one level of theory are reckoned from. */
export interface ReferenceChoice {
  readonly nucleus: Nucleus;
  readonly levelOfTheory: LevelOfTheoryRecord;
  /** The one that the caller names, if any. */
  readonly given: ShieldingReference | null;
  /** Those there are at the level of theory, oldest first. */
  readonly known: readonly ShieldingReference[];
}

/** References of chemical shifts. The registry comes with none: whoever computed or measured one sets it. */
export class ShieldingReferences {
  constructor(private readonly mutations: Mutations) {}

  /** The next version for the nucleus and the level of theory; the newest one again if it says the same. */
  set(caller: Caller, request: MutationRequest, input: ShieldingReferenceInput): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    const { levelOfTheoryId, shieldingPpm, compound, source } = input;
    const nucleus = parseNucleus(input.nucleus).name;
    checkReferenceShielding(shieldingPpm);
    checkText('compound', compound, 500);
    checkText('source', source, 2000);
    return this.mutations.run(caller, request, async (store) => {
      await store.lock(`shielding-reference:${nucleus}:${levelOfTheoryId}`);
      const newest = (await knownReferences(store, nucleus, levelOfTheoryId)).at(-1);
      if (newest?.shieldingPpm === shieldingPpm && newest.compound === compound && newest.source === source) {
        return newest.id;
      }
      const reference = await store.shieldingReferences.insert({
        ...{ nucleus, levelOfTheoryId, shieldingPpm, compound, source },
        version: (newest?.version ?? 0) + 1,
        createdBy: caller.name,
      });
      return reference.id;
    });
  }

  shiftsPpm(reference: ShieldingReference, shieldingsPpm: readonly number[]): number[] {
    checkLength('shieldingsPpm', shieldingsPpm);
    return [...shiftsFromShieldings(shieldingsPpm, reference.shieldingPpm)];
  }

  shieldingsPpm(reference: ShieldingReference, shiftsPpm: readonly number[]): number[] {
    checkLength('shiftsPpm', shiftsPpm);
    return [...shieldingsFromShifts(shiftsPpm, reference.shieldingPpm)];
  }

  /** Shifts of the atoms of a cluster, null for those of other elements than the nucleus. Throws as `chooseReference` does. */
  shiftsOfAtoms(
    choice: ReferenceChoice,
    atomicNumbers: readonly number[],
    shieldingsPpm: readonly number[],
  ): (number | null)[] {
    const shifts = shiftsFromShieldings(shieldingsPpm, chooseReference(choice).shieldingPpm);
    return atomicNumbers.map((z, i) => (z === choice.nucleus.atomicNumber ? shifts[i] : null));
  }
}

/** References of a nucleus at a level of theory, oldest first: as many as somebody has set by hand. */
export function knownReferences(store: Store, nucleus: string, levelOfTheoryId: string): Promise<ShieldingReference[]> {
  return store.shieldingReferences.findAll({ nucleus, levelOfTheoryId });
}

/**
 * The reference that is given, else the newest. Throws BAD_USER_INPUT if the given one is of another nucleus,
 * MIXED_LEVELS_OF_THEORY if it is of another level of theory, and NOT_FOUND if none is given and there is none.
 */
export function chooseReference({ nucleus, levelOfTheory, given, known }: ReferenceChoice): ShieldingReference {
  const level = levelOfTheoryText(levelOfTheory);
  if (given === null) {
    const newest = known.filter((each) => each.nucleus === nucleus.name).at(-1);
    if (newest !== undefined) return newest;
    throw new NatriumError(
      'NOT_FOUND',
      `there is no shielding reference of ${nucleus.name} at ${level}; set one with the mutation setShieldingReference`,
    );
  }
  if (given.nucleus !== nucleus.name) {
    throw new NatriumError('BAD_USER_INPUT', `the reference is of ${given.nucleus}, not of ${nucleus.name}`);
  }
  if (given.levelOfTheoryId !== levelOfTheory.id) {
    throw new NatriumError(
      'MIXED_LEVELS_OF_THEORY',
      `the reference is of another level of theory than the shieldings, ${level}: errors of the two would not cancel; ` +
        'give one of that level',
    );
  }
  return given;
}

/** The level of theory that a model was trained at. Throws MIXED_LEVELS_OF_THEORY unless it is one. */
export function onlyLevelOfTheory(trainingData: DatasetVersion): string {
  const [only, ...others] = trainingData.levelOfTheoryIds;
  if (others.length > 0) {
    throw new NatriumError(
      'MIXED_LEVELS_OF_THEORY',
      `the model was trained on ${1 + others.length} levels of theory, so its shieldings have no reference; use a model of one`,
    );
  }
  return only;
}

function checkLength(name: string, values: readonly number[]): void {
  if (values.length > MOST_CONVERTED) {
    throw new NatriumError('TOO_LARGE', `${name} has ${values.length} values; give at most ${MOST_CONVERTED} at once`);
  }
}
