import type { Split } from '../../chemistry/calculation-record.ts';
import { NatriumError } from '../../errors.ts';
import { type BootstrapSettings, checkBootstrap } from '../../ml/comparison/comparison.ts';
import type { Compute, Store } from '../ports.ts';
import type { DatasetVersion, ModelVersion } from '../records.ts';
import { References } from '../references.ts';
import { commonAtoms, type EvaluatedVersion } from './comparable.ts';
import { Comparison } from './comparison.ts';

const MOST_COMPARED = 50;

export interface ComparisonInput extends BootstrapSettings {
  /** Written `name/3` or `name@champion`. */
  readonly modelVersions: readonly string[];
  readonly split: Split;
  /** Null: of each version what it was trained on. */
  readonly datasetVersion: string | null;
  /** One of the versions; null: the first. */
  readonly baseline: string | null;
}

/** Model versions side by side on the same atoms. */
export class Comparisons {
  constructor(
    private readonly store: Store,
    private readonly compute: Compute,
  ) {}

  /**
   * Up to 50 versions by what they predict for the same atoms at the same level of theory.
   *
   * @throws NatriumError NOT_FOUND for a version that was not evaluated there; NOT_COMPARABLE, MIXED_LEVELS_OF_THEORY
   */
  async compare(input: ComparisonInput): Promise<Comparison> {
    const { modelVersions, split, datasetVersion, baseline, resamples, confidence, seed } = input;
    if (modelVersions.length < 1 || modelVersions.length > MOST_COMPARED) {
      throw new NatriumError(
        'BAD_USER_INPUT',
        `modelVersions lists ${modelVersions.length}; a comparison takes 1 to ${MOST_COMPARED}`,
      );
    }
    checkBootstrap(input);
    const references = new References(this.store);
    const given = datasetVersion === null ? null : await references.datasetVersion(datasetVersion);
    const versions: ModelVersion[] = [];
    const asked: { readonly version: number; readonly called: string }[] = [];
    for (const called of modelVersions) {
      const found = await references.modelVersion(called);
      const known = versions.findIndex(({ id }) => id === found.id);
      if (known < 0) versions.push(found);
      asked.push({ version: known < 0 ? versions.length - 1 : known, called });
    }
    const baselineIndex = baseline === null ? 0 : await this.indexOf(baseline, versions);
    const evaluated = await this.evaluated(versions, given, split);
    const common = await commonAtoms(this.store, split, evaluated);
    return new Comparison(this.store, this.compute, {
      ...{ split, asked, settings: { resamples, confidence, seed } },
      levelOfTheoryId: common.levelOfTheoryId,
      calculations: common.calculations,
      versions: evaluated.map(({ name, version }, v) => ({ name, version, evaluation: common.evaluations[v] })),
      baseline: baselineIndex,
    });
  }

  private async indexOf(baseline: string, versions: readonly ModelVersion[]): Promise<number> {
    const { id } = await new References(this.store).modelVersion(baseline);
    const index = versions.findIndex((version) => version.id === id);
    if (index >= 0) return index;
    throw new NatriumError('BAD_USER_INPUT', `the baseline ${baseline} is not among modelVersions; list it there too`);
  }

  private async evaluated(
    versions: readonly ModelVersion[],
    given: DatasetVersion | null,
    split: Split,
  ): Promise<EvaluatedVersion[]> {
    const models = await this.store.models.getMany(versions.map(({ modelId }) => modelId));
    const own = await this.store.datasetVersions.getMany(
      versions.map(({ datasetVersionId }) => given?.id ?? datasetVersionId),
    );
    const datasets = await this.store.datasets.getMany(own.map((each) => each!.datasetId));
    const evaluated: EvaluatedVersion[] = [];
    for (const [v, version] of versions.entries()) {
      const { id: datasetVersionId, version: number, splitCounts } = own[v]!;
      const name = `${models[v]!.name}/${version.version}`;
      const datasetVersion = `${datasets[v]!.name}/${number}`;
      if (splitCounts.find((count) => count.split === split)?.clusters === 0) {
        throw new NatriumError(
          'EMPTY_SPLIT',
          `${datasetVersion} has no ${split} split on which ${name} could be compared`,
        );
      }
      // one after the other: each has the columns of all its atoms
      const evaluation = await this.store.evaluations.findOne({ modelVersionId: version.id, datasetVersionId, split });
      if (evaluation === null) {
        throw new NatriumError(
          'NOT_FOUND',
          `${name} has not been evaluated on ${split} of ${datasetVersion}; run evaluateModelVersion first`,
        );
      }
      evaluated.push({ name, version, datasetVersion, evaluation });
    }
    return evaluated;
  }
}
