import type { CalculationRecord, LevelOfTheory } from '../../chemistry/calculation-record.ts';
import { NatriumError } from '../../errors.ts';
import { type Caller, requireRole } from '../caller.ts';
import { canonicalJson, sha256Hex } from '../canonical-json.ts';
import type { MutationRequest, Mutations } from '../mutations.ts';
import { checkText } from '../names.ts';

/** What is stored of a calculation must have a level of theory and shieldings of all atoms. */
export type CompleteCalculation = CalculationRecord & {
  readonly levelOfTheory: LevelOfTheory;
  readonly shieldingsPpm: Float64Array;
};

/** Calculations that turned out wrong are marked, never edited. */
export class Calculations {
  constructor(private readonly mutations: Mutations) {}

  invalidate(caller: Caller, request: MutationRequest, calculationId: string, reason: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    checkText('reason', reason, 1000);
    return this.mutations.run(caller, request, async (store) => {
      const [calculation] = await store.calculations.getMany([calculationId]);
      if (!calculation) throw new NatriumError('NOT_FOUND', `there is no calculation ${calculationId}`);
      if (calculation.invalidatedAt !== null) {
        throw new NatriumError(
          'INVALID_STATE',
          `calculation ${calculation.label ?? calculationId} was invalidated before: ${calculation.invalidationReason}`,
        );
      }
      await store.calculations.update(calculationId, {
        invalidatedAt: new Date(),
        invalidatedBy: caller.name,
        invalidationReason: reason,
      });
      return calculationId;
    });
  }
}

/** What a calculation computed, as it is stored. */
export type CalculationValues = ReturnType<typeof calculationValues>;

export function calculationValues(record: CompleteCalculation) {
  return {
    energyHartree: record.energyHartree,
    spinSquared: record.spinSquared,
    shieldingGauge: record.shieldingGauge,
    shieldingsPpm: [...record.shieldingsPpm],
    shieldingTensorsPpm: record.shieldingTensorsPpm && [...record.shieldingTensorsPpm],
    tensorIndexOrder: record.tensorIndexOrder,
    populationLabels: record.populationLabels,
    grossOrbitalPopulations: record.grossOrbitalPopulations && [...record.grossOrbitalPopulations],
    electricFieldGradientsAu: record.electricFieldGradientsAu && [...record.electricFieldGradientsAu],
  };
}

/** sha256 of what was computed, not of how the file named it: the same result imported twice is one calculation. */
export function calculationHash(
  values: CalculationValues,
  levelOfTheory: LevelOfTheory,
  clusterSha256: string,
): string {
  return sha256Hex(canonicalJson({ cluster: clusterSha256, levelOfTheory, ...values }));
}
