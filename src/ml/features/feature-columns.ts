import { type FeatureSetDefinition, featureNames } from './feature-set.ts';

export const FEATURE_KINDS = ['RUNNING_COORDINATION_NUMBER', 'GROSS_ORBITAL_POPULATION'] as const;
export type FeatureKind = (typeof FEATURE_KINDS)[number];

/** What one column of a feature matrix is. */
export interface FeatureColumn {
  /** As `featureNames` has it. */
  readonly name: string;
  readonly kind: FeatureKind;
  /** Of a running coordination number. */
  readonly radiusAngstrom: number | null;
  /** Of a running coordination number that counts one element only. */
  readonly neighborElement: string | null;
  /** Of a gross orbital population, as its program labels it. */
  readonly orbital: string | null;
}

/** The columns of `featureMatrix`, in order. */
export function featureColumns(definition: FeatureSetDefinition): FeatureColumn[] {
  const { runningCoordinationNumbers: numbers, grossOrbitalPopulations: populations } = definition;
  const names = featureNames(definition);
  const elements = numbers === null ? [] : (numbers.neighborElements ?? [null]);
  const counted = elements.flatMap((neighborElement) =>
    numbers!.radiiAngstrom.map((radiusAngstrom) => ({
      ...{ kind: 'RUNNING_COORDINATION_NUMBER' as const, radiusAngstrom },
      ...{ neighborElement, orbital: null },
    })),
  );
  const populated = (populations?.labels ?? []).map((orbital) => ({
    ...{ kind: 'GROSS_ORBITAL_POPULATION' as const, radiusAngstrom: null },
    ...{ neighborElement: null, orbital },
  }));
  return [...counted, ...populated].map((column, k) => ({ name: names[k], ...column }));
}
