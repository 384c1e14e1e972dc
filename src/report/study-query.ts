/** What a report asks of the study itself: its data, table and findings. */
export const STUDY_QUERY = `query Study($study: ID!) {
  study(id: $study) {
    id createdAt createdBy state
    settings { epochs seeds alphas }
    progress { step steps }
    datasetVersion {
      reference sha256 elements
      dataset { title description licence citation doi }
      splitCounts { split clusters atoms }
      levelsOfTheory { program version method basis }
    }
    largestTestCluster { id label formula size }
    parts {
      name kind features target loss leftOut paperRmsePpm
      trainingRun { state failure }
      modelVersion {
        reference
        outcome { trainingMeanPpm }
        evaluations {
          split
          datasetVersion { reference }
          metrics { rmsePpm maePpm biasPpm trainingMeanRmsePpm trainingMeanMaePpm }
          distribution {
            calculated { count meanPpm modePpm skewness }
            predicted { modePpm skewness }
          }
        }
      }
    }
    findings { claim verdict criterion reason numbers { name value unit } }
  }
}`;

export type SplitName = 'TRAIN' | 'VALIDATION' | 'TEST';

export interface StudyEvaluation {
  readonly split: SplitName;
  readonly datasetVersion: { readonly reference: string };
  readonly metrics: {
    readonly rmsePpm: number;
    readonly maePpm: number;
    readonly biasPpm: number;
    readonly trainingMeanRmsePpm: number;
    readonly trainingMeanMaePpm: number;
  };
  readonly distribution: {
    readonly calculated: {
      readonly count: number;
      readonly meanPpm: number;
      readonly modePpm: number | null;
      readonly skewness: number | null;
    };
    readonly predicted: { readonly modePpm: number | null; readonly skewness: number | null };
  };
}

export interface StudyPart {
  readonly name: string;
  readonly kind: 'LASSO' | 'SCHNET';
  readonly features: 'CN' | 'GOP' | 'CN_GOP' | null;
  readonly target: 'DIRECT' | 'TRANSFORMED';
  readonly loss: 'MSE' | 'DISTRIBUTION' | null;
  readonly leftOut: string | null;
  readonly paperRmsePpm: number | null;
  readonly trainingRun: { readonly state: string; readonly failure: string | null } | null;
  readonly modelVersion: {
    readonly reference: string;
    readonly outcome: { readonly trainingMeanPpm: number };
    readonly evaluations: readonly StudyEvaluation[];
  } | null;
}

export interface Finding {
  readonly claim: string;
  readonly verdict: 'HOLDS' | 'DOES_NOT_HOLD' | 'CANNOT_BE_TESTED';
  readonly criterion: string;
  readonly reason: string | null;
  readonly numbers: readonly { readonly name: string; readonly value: number; readonly unit: string | null }[];
}

export interface Study {
  readonly id: string;
  readonly createdAt: string | Date;
  readonly createdBy: string;
  readonly state: string;
  readonly settings: {
    readonly epochs: number;
    readonly seeds: readonly number[];
    readonly alphas: readonly number[];
  };
  readonly progress: { readonly step: number; readonly steps: number };
  readonly datasetVersion: {
    readonly reference: string;
    readonly sha256: string;
    readonly elements: readonly string[];
    readonly dataset: {
      readonly title: string;
      readonly description: string;
      readonly licence: string;
      readonly citation: string | null;
      readonly doi: string | null;
    };
    readonly splitCounts: readonly {
      readonly split: SplitName;
      readonly clusters: number;
      readonly atoms: number;
    }[];
    readonly levelsOfTheory: readonly {
      readonly program: string;
      readonly version: string;
      readonly method: string;
      readonly basis: string;
    }[];
  };
  readonly largestTestCluster: {
    readonly id: string;
    readonly label: string | null;
    readonly formula: string;
    readonly size: number;
  };
  readonly parts: readonly StudyPart[];
  readonly findings: readonly Finding[];
}

const FEATURES = { CN: 'coordination numbers', GOP: 'populations', CN_GOP: 'both sets of features' } as const;
const LOSSES = { MSE: 'mean squared error', DISTRIBUTION: 'distribution loss' } as const;

/** How a report calls one of the models, such as `Lasso on populations, direct`. */
export function titleOf({ features, loss, target }: StudyPart): string {
  const how = features === null ? `SchNet by ${LOSSES[loss!]}` : `Lasso on ${FEATURES[features]}`;
  return `${how}, ${target.toLowerCase()}`;
}

export function evaluationOf({ datasetVersion }: Study, { modelVersion }: StudyPart, split: SplitName) {
  return modelVersion?.evaluations.find(
    (each) => each.split === split && each.datasetVersion.reference === datasetVersion.reference,
  );
}

/** Why a part has no model. */
export function whyMissing({ leftOut, trainingRun }: StudyPart): string {
  if (leftOut !== null) return leftOut;
  return trainingRun?.failure ?? `its training is ${(trainingRun?.state ?? 'missing').toLowerCase()}`;
}

export function levelsOfTheory({ datasetVersion }: Study): string {
  return datasetVersion.levelsOfTheory
    .map(({ program, version, method, basis }) => `${program} ${version}, ${method}/${basis}`)
    .join('; ');
}

/** Which atoms a figure shows: data set version, level of theory, split and their number. */
export function aboutAtoms(study: Study, split: SplitName | null): string {
  const { reference, splitCounts } = study.datasetVersion;
  const counted = splitCounts.filter((count) => split === null || count.split === split);
  const atoms = counted.reduce((sum, count) => sum + count.atoms, 0);
  const which = split === null ? 'all splits' : `${split.toLowerCase()} split`;
  return `${reference} (${levelsOfTheory(study)}), ${which}, ${grouped(atoms)} atoms`;
}

/** A whole number with its thousands apart. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
