import { registerEnumType } from 'type-graphql';
import { SPLITS, TENSOR_INDEX_ORDERS } from '../chemistry/calculation-record.ts';
import { FILE_FORMATS } from '../chemistry/formats.ts';
import { INPUT_METHODS, INPUT_PROGRAMS } from '../chemistry/inputs/input-writer.ts';
import { LINESHAPES } from '../chemistry/spectrum/lineshapes.ts';
import { COMPARED_METRICS } from '../ml/comparison/metrics.ts';
import { FEATURE_KINDS } from '../ml/features/feature-columns.ts';
import { LASSO_SELECTIONS, MODEL_KINDS, SCHNET_ENGINES, TARGETS } from '../ml/model.ts';
import { FINDING_VERDICTS } from '../ml/study/finding.ts';
import { STUDY_FEATURES } from '../ml/study/grid.ts';
import { TARGET_TRANSFORM_KINDS } from '../ml/target-transform.ts';
import { RESIDUAL_ORDERS } from '../registry/evaluations/evaluation-analysis.ts';
import {
  ATTEMPT_ENDINGS,
  CLUSTER_RELATIONS,
  CLUSTER_RUN_KINDS,
  EXPORT_FORMATS,
  IMPORT_CONTENTS,
  ITEM_STATUSES,
  JOB_KINDS,
  LIKENESS_KINDS,
  MODEL_VERSION_STATES,
  ROLES,
  RUN_STATES,
  WORKER_STATES,
} from '../registry/records.ts';
import { SPECTRUM_SCALES } from '../registry/spectra/spectrum-description.ts';
import { PREDICTION_WARNING_CODES } from '../registry/warnings.ts';

/** An enum whose GraphQL names are the values in capitals. */
function enumOf<T extends string>(values: readonly T[]): Readonly<Record<string, T>> {
  return Object.fromEntries(values.map((value) => [value.toUpperCase(), value]));
}

export const SplitEnum = enumOf(SPLITS);
registerEnumType(SplitEnum, {
  name: 'Split',
  description: 'Part of a data set version. Clusters are split, never atoms.',
});

export const RoleEnum = enumOf(ROLES);
registerEnumType(RoleEnum, {
  name: 'Role',
  description: 'READER may query, CONTRIBUTOR may also import, train and predict, ADMIN may also manage tokens.',
});

export const ClusterRelationEnum = enumOf(CLUSTER_RELATIONS);
registerEnumType(ClusterRelationEnum, {
  name: 'ClusterRelation',
  description:
    'How a cluster came out of another one. RELAXATION: relaxed here. OPTIMIZATION: the imported result of an input for the other ' +
    'one, in which atoms moved or the frame turned.',
});

export const ModelKindEnum = enumOf(MODEL_KINDS);
registerEnumType(ModelKindEnum, {
  name: 'ModelKind',
  description: 'Lasso on features of atoms, or SchNet on structures.',
});

export const ModelVersionStateEnum = enumOf(MODEL_VERSION_STATES);
registerEnumType(ModelVersionStateEnum, {
  name: 'ModelVersionState',
  description:
    'ARCHIVED: taken out of use for good. QUARANTINED, archived or not: its weights were found damaged or missing, so it predicts ' +
    'nothing until they are right again.',
});

export const TargetEnum = enumOf(TARGETS);
registerEnumType(TargetEnum, {
  name: 'Target',
  description:
    'What a model is fitted to. DIRECT: standardised shieldings. TRANSFORMED: shieldings brought to a normal distribution ' +
    'through a generalised logistic one that is fitted to the training shieldings. UNSCALED: shieldings in ppm as they are, so that ' +
    'alphas and losses are in ppm and ppm².',
});

export const ResidualOrderEnum = enumOf(RESIDUAL_ORDERS);
registerEnumType(ResidualOrderEnum, {
  name: 'ResidualOrder',
  description: 'ATOMS: in the order of the columns. LARGEST: the largest first, whatever their sign.',
});

export const RunStateEnum = enumOf(RUN_STATES);
registerEnumType(RunStateEnum, {
  name: 'RunState',
  description:
    'State of a training run, of one of its trials, of a study, of an import, of a cluster run, or of a job.',
});

export const TensorIndexOrderEnum = enumOf(TENSOR_INDEX_ORDERS);
registerEnumType(TensorIndexOrderEnum, {
  name: 'TensorIndexOrder',
  description: 'What the first and the second index of a shielding tensor stand for: external field or nuclear moment.',
});

export const TargetTransformKindEnum = enumOf(TARGET_TRANSFORM_KINDS);
registerEnumType(TargetTransformKindEnum, {
  name: 'TargetTransformKind',
  description: 'How shieldings become the target that a model is fitted to.',
});

export const LassoSelectionEnum = enumOf(LASSO_SELECTIONS);
registerEnumType(LassoSelectionEnum, {
  name: 'LassoSelection',
  description:
    'By what RMSE (ppm) alpha is chosen. VALIDATION: on the validation split. CROSS_VALIDATION: on the training split, each atom ' +
    'predicted by a fit without the clusters of its fold. The model is fitted to the whole training split either way.',
});

export const FeatureKindEnum = enumOf(FEATURE_KINDS);
registerEnumType(FeatureKindEnum, { name: 'FeatureKind', description: 'What a feature of an atom is.' });

export const LossEnum = enumOf(['MSE', 'DISTRIBUTION'] as const);
registerEnumType(LossEnum, {
  name: 'Loss',
  description:
    'MSE: mean squared error. DISTRIBUTION: MSE plus a weight times the mean squared difference of the sorted values, ' +
    'over the mini-batch.',
});

export const SchNetEngineEnum = enumOf(SCHNET_ENGINES);
registerEnumType(SchNetEngineEnum, {
  name: 'SchNetEngine',
  description:
    'What computes SchNet. WASM: kernels of our own, which give the same bits on every machine. TENSORFLOW: tfjs, several times ' +
    'slower, an independent reference. Both read the same weights.',
});

export const StudyFeaturesEnum = enumOf(STUDY_FEATURES);
registerEnumType(StudyFeaturesEnum, {
  name: 'StudyFeatures',
  description: 'CN: running coordination numbers. GOP: gross orbital populations. CN_GOP: both.',
});

export const FindingVerdictEnum = enumOf(FINDING_VERDICTS);
registerEnumType(FindingVerdictEnum, {
  name: 'FindingVerdict',
  description: 'Whether what the paper found holds on other data.',
});

export const ImportContentEnum = enumOf(IMPORT_CONTENTS);
registerEnumType(ImportContentEnum, {
  name: 'ImportContent',
  description: 'CALCULATIONS: clusters with their shieldings. STRUCTURES: clusters alone.',
});

export const ImportStatusEnum = enumOf(ITEM_STATUSES);
registerEnumType(ImportStatusEnum, {
  name: 'ImportStatus',
  description: 'What became of an item of an imported file, or of a cluster of a run.',
});

export const ClusterRunKindEnum = enumOf(CLUSTER_RUN_KINDS);
registerEnumType(ClusterRunKindEnum, {
  name: 'ClusterRunKind',
  description: 'GENERATION: clusters by S-BLDA. RELAXATION: clusters brought to minima of the Gupta potential.',
});

export const SpectrumScaleEnum = enumOf(SPECTRUM_SCALES);
registerEnumType(SpectrumScaleEnum, {
  name: 'SpectrumScale',
  description: 'SHIELDING: σ as computed. SHIFT: δ, which needs a shielding reference.',
});

export const LineshapeEnum = enumOf(LINESHAPES);
registerEnumType(LineshapeEnum, {
  name: 'Lineshape',
  description:
    'Shape of a line, of area 1. PSEUDO_VOIGT: weighted sum of a Lorentzian and a Gaussian of the same full width at half ' +
    'maximum.',
});

export const InputProgramEnum = enumOf(INPUT_PROGRAMS);
registerEnumType(InputProgramEnum, {
  name: 'InputProgram',
  description:
    'A program that inputs are written for: Gaussian 09 and 16, NWChem 7, ORCA 5 and 6, or PySCF 2 with pyscf-properties.',
});

export const InputMethodEnum = enumOf(INPUT_METHODS);
registerEnumType(InputMethodEnum, {
  name: 'InputMethod',
  description: "A density functional; B3LYP is Gaussian's in every program.",
});

export const PredictionWarningCodeEnum = enumOf(PREDICTION_WARNING_CODES);
registerEnumType(PredictionWarningCodeEnum, {
  name: 'PredictionWarningCode',
  description:
    'OTHER_FRAME: the populations are known to be in another frame than those of the training calculations. ARBITRARY_FRAME: ' +
    'features depend on the orientation of the cluster, and it is not known that all frames are canonical. ' +
    'EXTRAPOLATED_DISTANCE: atoms nearer or farther than any of their elements that the version was trained on. ISOLATED_ATOM: one ' +
    'without neighbours, as it was never trained on. DISTANCES_NOT_RECORDED: whether it was is not known.',
});

export const ComparedMetricEnum = enumOf(COMPARED_METRICS);
registerEnumType(ComparedMetricEnum, {
  name: 'ComparedMetric',
  description:
    'Of predicted against calculated shieldings. KOLMOGOROV_SMIRNOV and WASSERSTEIN1 are distances between their distributions. ' +
    'Errors and WASSERSTEIN1 are in ppm.',
});

export const LikenessKindEnum = enumOf(LIKENESS_KINDS);
registerEnumType(LikenessKindEnum, {
  name: 'LikenessKind',
  description:
    'IDENTITY: the same cluster. FINGERPRINT: a copy of it, turned, reflected, moved or reordered, or of another multiplicity.',
});

export const ExportFormatEnum = enumOf(EXPORT_FORMATS);
registerEnumType(ExportFormatEnum, {
  name: 'ExportFormat',
  description:
    'What a data set version can be downloaded as. EXTXYZ, CSV (one row an atom) and QCSCHEMA (one result a line) can be imported ' +
    'again; ARROW is an Arrow IPC file, one row a calculation.',
});

export const FileFormatEnum = enumOf(FILE_FORMATS);
registerEnumType(FileFormatEnum, {
  name: 'FileFormat',
  description:
    'EXTXYZ: extended or plain XYZ, positions in Å, per-atom columns such as ms_shielding:R:9. QCSCHEMA: JSON of molecules and ' +
    'results, positions in bohr; one object, an array or one a line. CSV: one row an atom. PROGRAM_OUTPUT: what Gaussian, ORCA ' +
    'or NWChem printed.',
});

export const JobKindEnum = enumOf(JOB_KINDS);
registerEnumType(JobKindEnum, {
  name: 'JobKind',
  description: 'COMPLETION: of a training run whose trials have ended, the making of its model version.',
});

export const AttemptEndingEnum = enumOf(ATTEMPT_ENDINGS);
registerEnumType(AttemptEndingEnum, {
  name: 'AttemptEnding',
  description:
    'RELEASED: the worker stopped and gave the job back. TAKEN_OVER: the worker fell silent, and another took the job. SET_BACK: it ' +
    'failed and is tried again.',
});

export const WorkerStateEnum = enumOf(WORKER_STATES);
registerEnumType(WorkerStateEnum, {
  name: 'WorkerState',
  description: 'DRAINING: finishes what it has and takes nothing more. GONE: ended, or silent for 15 seconds.',
});
