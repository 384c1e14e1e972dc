import { Arg, Args, Ctx, FieldResolver, Float, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Split } from '../chemistry/calculation-record.ts';
import { symbolOf } from '../chemistry/elements.ts';
import {
  coordinationDefinition,
  type FeatureSetDefinition,
  featureNames,
  orientationDependentLabels,
  PAPER_POPULATION_LABELS,
  PAPER_RADII_ANGSTROM,
} from '../ml/features/feature-set.ts';
import type { CommonHistogram } from '../ml/statistics/histogram.ts';
import { EXPORT_FILES, exportFileName, exportPath } from '../registry/datasets/export-formats.ts';
import type { SplitLists } from '../registry/datasets/splitting.ts';
import type { Page } from '../registry/ports.ts';
import type * as records from '../registry/records.ts';
import { EXPORT_FORMATS } from '../registry/records.ts';
import { CalculationConnection, LevelOfTheory } from '../schema/clusters.ts';
import { ListArgs, PageArgs } from '../schema/common.ts';
import {
  CreateDatasetInput,
  CreateDatasetVersionInput,
  CreateFeatureSetInput,
  Dataset,
  DatasetConnection,
  DatasetExport,
  DatasetVersion,
  FeatureSet,
  FeatureSetConnection,
  Histogram,
} from '../schema/datasets.ts';
import { SplitEnum } from '../schema/enums.ts';
import { DatasetFilter, FeatureSetFilter, filterOfInput } from '../schema/filters.ts';
import { idOf } from '../schema/ids.ts';
import { knownId, type RequestContext } from './context.ts';
import { requestOf } from './mutation-request.ts';
import { checkFirst, connect, connection, fromCursor } from './paging.ts';

@Resolver(() => Dataset)
export class DatasetResolver {
  @Query(() => Dataset)
  dataset(@Arg('name', () => String) name: string, @Ctx() { registry }: RequestContext) {
    return registry.references.dataset(name);
  }

  @Query(() => DatasetConnection)
  datasets(
    @Args(() => ListArgs) args: ListArgs,
    @Arg('filter', () => DatasetFilter, { nullable: true }) filter: object | null,
    @Ctx() { registry }: RequestContext,
  ) {
    return connect(registry.store.datasets, args, filter);
  }

  @Mutation(() => Dataset, { description: 'A data set of that name with the same particulars is answered as it is.' })
  async createDataset(
    @Arg('input', () => CreateDatasetInput) input: CreateDatasetInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const { name, title, description, licence, citation = null, doi = null } = input;
    const request = requestOf('createDataset', input);
    const dataset = { name, title, description, licence, citation, doi };
    return load.datasets.load(await registry.datasets.create(caller, request, dataset));
  }

  @FieldResolver(() => [DatasetVersion])
  versions(@Root() dataset: records.Dataset, @Ctx() { load }: RequestContext) {
    return load.versionsOfDataset.load(dataset.id);
  }
}

@Resolver(() => DatasetVersion)
export class DatasetVersionResolver {
  @Query(() => DatasetVersion)
  datasetVersion(@Arg('datasetVersion', () => String) reference: string, @Ctx() { registry }: RequestContext) {
    return registry.references.datasetVersion(reference);
  }

  @Mutation(() => DatasetVersion, {
    description: 'Freezes calculations with a split; the same list is answered as it is.',
  })
  async createDatasetVersion(
    @Arg('input', () => CreateDatasetVersionInput) input: CreateDatasetVersionInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const id = await registry.datasets.createVersion(caller, requestOf('createDatasetVersion', input), {
      dataset: input.dataset,
      calculationIds: input.calculations
        ? await Promise.all(input.calculations.map((each) => knownId(load.calculations, 'Calculation', each)))
        : null,
      filter: filterOfInput(input.filter),
      split: {
        asGiven: input.split.asGiven ?? null,
        bySize: input.split.bySize ?? null,
        byList: input.split.byList ? listsOf(input.split.byList) : null,
      },
      allowMixedLevelsOfTheory: input.allowMixedLevelsOfTheory,
    });
    return load.datasetVersions.load(id);
  }

  @FieldResolver(() => String, { description: 'Written `name/1`.' })
  async reference(@Root() version: records.DatasetVersion, @Ctx() { load }: RequestContext): Promise<string> {
    return `${(await load.datasets.load(version.datasetId)).name}/${version.version}`;
  }

  @FieldResolver(() => Dataset)
  dataset(@Root() version: records.DatasetVersion, @Ctx() { load }: RequestContext) {
    return load.datasets.load(version.datasetId);
  }

  @FieldResolver(() => [LevelOfTheory])
  levelsOfTheory(@Root() version: records.DatasetVersion, @Ctx() { load }: RequestContext) {
    return load.levelsOfTheory.loadMany(version.levelOfTheoryIds);
  }

  @FieldResolver(() => [DatasetExport], { description: 'Files to download, one a format.' })
  async exports(
    @Root() version: records.DatasetVersion,
    @Ctx() { load, baseUrl }: RequestContext,
  ): Promise<DatasetExport[]> {
    const reference = `${(await load.datasets.load(version.datasetId)).name}/${version.version}`;
    const made = await load.exportsOfVersion.load(version.id);
    return EXPORT_FORMATS.map((format) => {
      const file = made.find((each) => each.format === format && each.featureSetId === null);
      return {
        format,
        url: new URL(exportPath(reference, format, null), baseUrl).href,
        fileName: exportFileName(reference, format, null),
        mediaType: EXPORT_FILES[format].mediaType,
        sha256: file?.sha256 ?? null,
        byteLength: file === undefined ? null : Number(file.byteLength),
      };
    });
  }

  @FieldResolver(() => CalculationConnection, { description: "In the version's order." })
  async calculations(
    @Root() version: records.DatasetVersion,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('split', () => SplitEnum, { nullable: true }) split: Split | null,
    @Ctx() { registry, load }: RequestContext,
  ) {
    checkFirst(args.first);
    const members = await registry.store.versionMembers.list(version.id, split);
    const start = args.after == null ? 0 : Number(fromCursor(args.after)) + 1;
    const part = members.slice(start, start + args.first);
    const items = await Promise.all(part.map((member) => load.calculations.load(member.calculationId)));
    const page: Page<records.Calculation> = {
      items,
      hasNextPage: start + args.first < members.length,
      totalCount: async () => members.length,
    };
    return connection(page, (item) => String(start + items.indexOf(item)));
  }

  @FieldResolver(() => [Float], {
    description: 'Column of the shieldings (ppm) of all atoms of a split, or of all splits.',
  })
  async shieldingsPpm(
    @Root() version: records.DatasetVersion,
    @Arg('split', () => SplitEnum, { nullable: true }) split: Split | null,
    @Ctx() { registry }: RequestContext,
  ): Promise<number[]> {
    return (await registry.store.versionMembers.shieldings(version.id, split)).flat();
  }

  @FieldResolver(() => [String], { description: 'Symbols of the elements of its clusters, by atomic number.' })
  async elements(@Root() version: records.DatasetVersion, @Ctx() { registry }: RequestContext): Promise<string[]> {
    return (await registry.store.versionMembers.elements(version.id)).map(symbolOf);
  }
}

@Resolver(() => FeatureSet)
export class FeatureSetResolver {
  @Query(() => FeatureSet)
  featureSet(
    @Arg('featureSet', () => String, { description: 'Written `name/1`, or `name` for the newest version.' })
    reference: string,
    @Ctx() { registry }: RequestContext,
  ) {
    return registry.references.featureSet(reference);
  }

  @Query(() => FeatureSetConnection)
  featureSets(
    @Args(() => ListArgs) args: ListArgs,
    @Arg('filter', () => FeatureSetFilter, { nullable: true }) filter: object | null,
    @Ctx() { registry }: RequestContext,
  ) {
    return connect(registry.store.featureSets, args, filter);
  }

  @Mutation(() => FeatureSet, { description: 'A definition that the name already has keeps its version.' })
  async createFeatureSet(
    @Arg('input', () => CreateFeatureSetInput) input: CreateFeatureSetInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const { runningCoordinationNumbers: numbers, grossOrbitalPopulations: populations } = input;
    const definition: FeatureSetDefinition = {
      runningCoordinationNumbers: numbers
        ? coordinationDefinition(
            numbers.radiiAngstrom ?? PAPER_RADII_ANGSTROM,
            numbers.smearingAngstrom,
            numbers.neighborElements ?? null,
          )
        : null,
      grossOrbitalPopulations: populations ? { labels: populations.labels ?? PAPER_POPULATION_LABELS } : null,
    };
    const request = requestOf('createFeatureSet', input);
    return load.featureSets.load(await registry.featureSets.create(caller, request, input.name, definition));
  }

  @FieldResolver(() => String, { description: 'Written `name/1`.' })
  reference(@Root() featureSet: records.FeatureSet): string {
    return `${featureSet.name}/${featureSet.version}`;
  }

  @FieldResolver(() => [String], { description: 'Names of the columns, in order.' })
  featureNames(@Root() featureSet: records.FeatureSet): string[] {
    return featureNames(featureSet.definition);
  }

  @FieldResolver(() => [String], { description: 'Population labels whose values change when the cluster is turned.' })
  orientationDependentLabels(@Root() featureSet: records.FeatureSet): string[] {
    return orientationDependentLabels(featureSet.definition);
  }
}

export function histogramOf({ edgesPpm, counts }: CommonHistogram): Histogram {
  return { edgesPpm, series: counts };
}

/** Lists hold global ids of calculations or their labels. */
function listsOf(lists: Readonly<Record<Split, readonly string[]>>): SplitLists {
  const convert = (names: readonly string[]) =>
    names.map((name) => {
      try {
        return { id: idOf('Calculation', name) };
      } catch {
        return { label: name };
      }
    });
  return { train: convert(lists.train), validation: convert(lists.validation), test: convert(lists.test) };
}
