import { type ClassType, Field, InputType } from 'type-graphql';
import type { Filter } from '../registry/ports.ts';
import { DateFilter, FloatFilter, IdFilter, IntFilter, StringFilter } from './common.ts';
import { ClusterRunKindEnum, JobKindEnum, ModelKindEnum, RunStateEnum, SplitEnum } from './enums.ts';
import { idOf, type NodeType } from './ids.ts';

type Operators =
  | typeof IdFilter
  | typeof StringFilter
  | typeof IntFilter
  | typeof FloatFilter
  | typeof DateFilter
  | ClassType<object>;

/** Conditions on a field that is an enum. */
function enumFilterOf(name: string, values: object): ClassType<object> {
  @InputType(`${name}Filter`, { description: `Conditions on a ${name}; all that are given must hold.` })
  class EnumFilterType {
    @Field(() => values, { nullable: true })
    equals?: string;

    @Field(() => values, { nullable: true })
    notEquals?: string;

    @Field(() => [values], { nullable: true })
    in?: string[];

    @Field(() => Boolean, { nullable: true })
    isNull?: boolean;
  }
  return EnumFilterType;
}

const SplitFilter = enumFilterOf('Split', SplitEnum);
const ModelKindFilter = enumFilterOf('ModelKind', ModelKindEnum);
const RunStateFilter = enumFilterOf('RunState', RunStateEnum);
const ClusterRunKindFilter = enumFilterOf('ClusterRunKind', ClusterRunKindEnum);
const JobKindFilter = enumFilterOf('JobKind', JobKindEnum);

/** Filter input of a noun: typed operators on its fields, nested by and, or and not. */
function filterOf(name: NodeType, fields: Readonly<Record<string, Operators>>): ClassType<object> {
  @InputType(`${name}Filter`, {
    description: 'Conditions on the fields must all hold; `and`, `or` and `not` nest further ones.',
  })
  class FilterType {
    static readonly noun = name;

    @Field(() => [FilterType], { nullable: true })
    and?: FilterType[];

    @Field(() => [FilterType], { nullable: true })
    or?: FilterType[];

    @Field(() => FilterType, { nullable: true })
    not?: FilterType;
  }
  for (const [field, operators] of Object.entries(fields)) {
    Field(() => operators, { nullable: true })(FilterType.prototype, field);
  }
  return FilterType;
}

const made = { id: IdFilter, createdAt: DateFilter, createdBy: StringFilter };

export const ClusterFilter = filterOf('Cluster', {
  ...made,
  label: StringFilter,
  formula: StringFilter,
  size: IntFilter,
  charge: IntFilter,
  multiplicity: IntFilter,
  identitySha256: StringFilter,
  fingerprint: StringFilter,
  sourceSha256: StringFilter,
});

export const CalculationFilter = filterOf('Calculation', {
  ...made,
  clusterId: IdFilter,
  label: StringFilter,
  formula: StringFilter,
  size: IntFilter,
  program: StringFilter,
  method: StringFilter,
  basis: StringFilter,
  energyHartree: FloatFilter,
  spinSquared: FloatFilter,
  givenSplit: SplitFilter,
  sourceFileName: StringFilter,
  sourceSha256: StringFilter,
  invalidatedAt: DateFilter,
});

export const ShieldingReferenceFilter = filterOf('ShieldingReference', {
  ...made,
  nucleus: StringFilter,
  levelOfTheoryId: IdFilter,
  version: IntFilter,
  shieldingPpm: FloatFilter,
  compound: StringFilter,
});

export const DatasetFilter = filterOf('Dataset', {
  ...made,
  name: StringFilter,
  title: StringFilter,
  licence: StringFilter,
});

export const FeatureSetFilter = filterOf('FeatureSet', { ...made, name: StringFilter, version: IntFilter });

export const ModelFilter = filterOf('Model', { ...made, name: StringFilter });

export const TrainingRunFilter = filterOf('TrainingRun', {
  ...made,
  modelId: IdFilter,
  model: StringFilter,
  kind: ModelKindFilter,
  state: RunStateFilter,
  datasetVersionId: IdFilter,
});

export const StudyFilter = filterOf('Study', { ...made, datasetVersionId: IdFilter });

export const ImportFilter = filterOf('Import', { ...made, state: RunStateFilter });

export const ClusterRunFilter = filterOf('ClusterRun', {
  ...made,
  kind: ClusterRunKindFilter,
  state: RunStateFilter,
});

export const JobFilter = filterOf('Job', {
  ...made,
  kind: JobKindFilter,
  state: RunStateFilter,
  worker: StringFilter,
  attempt: IntFilter,
  priority: IntFilter,
  failure: StringFilter,
  requestId: StringFilter,
  startedAt: DateFilter,
  finishedAt: DateFilter,
});

export const EvaluationFilter = filterOf('Evaluation', {
  ...made,
  modelVersionId: IdFilter,
  datasetVersionId: IdFilter,
  split: SplitFilter,
});

/** The registry's filter of a filter input: global ids become those of the store. */
export function filterOfInput(input: object | null | undefined): Filter | null {
  return input == null ? null : convert(input);
}

function convert(filter: object): Filter {
  const { noun } = filter.constructor as unknown as { readonly noun: NodeType };
  const conditions = Object.entries(filter).filter(([, value]) => value != null);
  return Object.fromEntries(
    conditions.map(([key, value]) => {
      if (key === 'not') return [key, convert(value)];
      if (key === 'and' || key === 'or') return [key, value.map(convert)];
      return [key, value instanceof IdFilter ? storeIds(value, idTypeOf(noun, key)) : value];
    }),
  );
}

/** `id` is that of the noun itself, `clusterId` that of a Cluster. */
function idTypeOf(noun: NodeType, field: string): NodeType {
  return field === 'id' ? noun : ((field[0].toUpperCase() + field.slice(1, -'Id'.length)) as NodeType);
}

function storeIds(operators: IdFilter, type: NodeType): object {
  const given = Object.entries(operators).filter(([, value]) => value != null);
  return Object.fromEntries(
    given.map(([operator, value]: [string, string | string[]]) => [
      operator,
      Array.isArray(value) ? value.map((each) => idOf(type, each)) : idOf(type, value),
    ]),
  );
}
