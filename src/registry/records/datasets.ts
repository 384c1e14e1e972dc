import type { Split } from '../../chemistry/calculation-record.ts';
import type { FeatureSetDefinition } from '../../ml/features/feature-set.ts';
import type { Recorded } from './common.ts';

export interface Dataset extends Recorded {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly licence: string;
  readonly citation: string | null;
  readonly doi: string | null;
}

/** How the clusters of a data set version were told apart; always by cluster, never by atom. */
export type SplitMethod =
  | { readonly kind: 'AS_GIVEN' }
  | { readonly kind: 'BY_SIZE'; readonly validationSizes: readonly number[]; readonly testSizes: readonly number[] }
  | { readonly kind: 'BY_LIST' };

export interface SplitCount {
  readonly split: Split;
  readonly clusters: number;
  readonly atoms: number;
}

export interface DatasetVersion extends Recorded {
  readonly datasetId: string;
  readonly version: number;
  /** sha256 over the content hashes of the calculations and their splits, in order. */
  readonly sha256: string;
  readonly splitMethod: SplitMethod;
  readonly levelOfTheoryIds: readonly string[];
  readonly splitCounts: readonly SplitCount[];
}

export interface DatasetMember {
  readonly calculationId: string;
  readonly split: Split;
}

/** A member with where it stands in its version, from 0, its cluster, and the number of its atoms. */
export interface PlacedMember extends DatasetMember {
  readonly position: number;
  readonly clusterId: string;
  readonly size: number;
}

/** Where the tensors and populations of calculations are; the frame as provenance names it. */
export interface CalculationFrame {
  readonly program: string;
  readonly frame: string | null;
}

/** By which an evaluated cluster and one that a version was trained or validated on are the same. */
export const LIKENESS_KINDS = ['IDENTITY', 'FINGERPRINT'] as const;
export type LikenessKind = (typeof LIKENESS_KINDS)[number];

/** A cluster that a data set version holds, itself or as a copy. */
export interface HeldCluster {
  readonly clusterId: string;
  readonly heldClusterId: string;
  readonly split: 'train' | 'validation';
  readonly by: LikenessKind;
}

/** What the calculations of a data set version have, taken together. */
export interface VersionContents {
  /** Labels of gross orbital populations, in the order in which they first come. */
  readonly populationLabels: readonly string[];
  readonly shieldingTensors: boolean;
  readonly fieldGradients: boolean;
  readonly provenance: boolean;
}

export const EXPORT_FORMATS = ['EXTXYZ', 'CSV', 'QCSCHEMA', 'ARROW'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A file of a data set version that was made; its bytes are an artifact. */
export interface Export extends Recorded {
  readonly datasetVersionId: string;
  readonly format: ExportFormat;
  /** Features that stand in it, if any. */
  readonly featureSetId: string | null;
  readonly sha256: string;
  readonly byteLength: string;
}

export interface FeatureSet extends Recorded {
  readonly name: string;
  readonly version: number;
  readonly definition: FeatureSetDefinition;
  readonly sha256: string;
  readonly needsDft: boolean;
}
