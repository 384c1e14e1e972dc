import { type ClassType, Field, InputType } from 'type-graphql';
import type { Filter } from '../registry/ports.ts';
import { DateFilter, FloatFilter, IdFilter, IntFilter, StringFilter } from './common.ts';
import { fromGlobalId } from './ids.ts';

type Operators = typeof IdFilter | typeof StringFilter | typeof IntFilter | typeof FloatFilter | typeof DateFilter;

/** Filter input of a noun: typed operators on its fields, nested by and, or and not. */
function filterOf(name: string, fields: Readonly<Record<string, Operators>>): ClassType<object> {
  @InputType(`${name}Filter`, {
    description: 'Conditions on the fields must all hold; `and`, `or` and `not` nest further ones.',
  })
  class FilterType {
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
  givenSplit: StringFilter,
  sourceFileName: StringFilter,
  sourceSha256: StringFilter,
  invalidatedAt: DateFilter,
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
  kind: StringFilter,
  state: StringFilter,
  datasetVersionId: IdFilter,
});

export const EvaluationFilter = filterOf('Evaluation', {
  ...made,
  modelVersionId: IdFilter,
  datasetVersionId: IdFilter,
  split: StringFilter,
});

/** The registry's filter of a filter input: global ids become those of the store. */
export function filterOfInput(input: object | null | undefined): Filter | null {
  return input == null ? null : (convert(input) as Filter);
}

function convert(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(convert);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  if (value instanceof IdFilter) {
    const decode = (id: string | string[]) =>
      Array.isArray(id) ? id.map((each) => fromGlobalId(each).id) : fromGlobalId(id).id;
    return Object.fromEntries(entries.map(([operator, id]) => [operator, decode(id)]));
  }
  return Object.fromEntries(entries.map(([key, each]) => [key, convert(each)]));
}
