import { NatriumError } from '../errors.ts';
import { parseReference } from './names.ts';
import type { Store } from './ports.ts';
import type { Dataset, DatasetVersion, FeatureSet, Model, ModelVersion } from './records.ts';

/** Finds records by the names that people use: `name/3`, and for models `name@champion`. */
export class References {
  constructor(private readonly store: Store) {}

  async dataset(name: string): Promise<Dataset> {
    const dataset = await this.store.datasets.findOne({ name });
    if (dataset === null) {
      throw new NatriumError(
        'NOT_FOUND',
        `there is no data set ${JSON.stringify(name)}; the query datasets lists them`,
      );
    }
    return dataset;
  }

  async datasetVersion(reference: string): Promise<DatasetVersion> {
    const { name, version } = parseReference('data set version', reference);
    if (version === null) {
      throw new NatriumError('BAD_USER_INPUT', `${JSON.stringify(reference)} names no version; write ${name}/1`);
    }
    const dataset = await this.dataset(name);
    const found = await this.store.datasetVersions.findOne({ datasetId: dataset.id, version });
    if (found === null) {
      const latest = await this.store.latestVersion('datasetVersions', dataset.id);
      throw new NatriumError('NOT_FOUND', `data set ${name} has no version ${version}; its newest is ${latest}`);
    }
    return found;
  }

  /** `name/2`, or `name` for the newest version. */
  async featureSet(reference: string): Promise<FeatureSet> {
    const { name, version, alias } = parseReference('feature set', reference);
    if (alias !== null) {
      throw new NatriumError('BAD_USER_INPUT', `feature sets have no aliases; write ${name} or ${name}/1`);
    }
    const wanted = version ?? (await this.store.latestVersion('featureSets', name));
    const found = await this.store.featureSets.findOne({ name, version: wanted });
    if (found === null) {
      throw new NatriumError(
        'NOT_FOUND',
        `there is no feature set ${JSON.stringify(reference)}; the query featureSets lists them`,
      );
    }
    return found;
  }

  async model(name: string): Promise<Model> {
    const model = await this.store.models.findOne({ name });
    if (model === null) {
      throw new NatriumError('NOT_FOUND', `there is no model ${JSON.stringify(name)}; the query models lists them`);
    }
    return model;
  }

  /** `name/3` or `name@champion`. */
  async modelVersion(reference: string): Promise<ModelVersion> {
    const { name, version, alias } = parseReference('model version', reference);
    const model = await this.model(name);
    if (version === null && alias === null) {
      throw new NatriumError(
        'BAD_USER_INPUT',
        `${JSON.stringify(reference)} names no version; write ${name}/1 or ${name}@champion`,
      );
    }
    if (alias !== null) {
      const aliases = await this.store.aliases([model.id]);
      const target = aliases.find((each) => each.alias === alias);
      if (target === undefined) {
        const known = aliases.map((each) => each.alias).join(', ') || 'none';
        throw new NatriumError('NOT_FOUND', `model ${name} has no alias ${JSON.stringify(alias)}; it has ${known}`);
      }
      const [found] = await this.store.modelVersions.getMany([target.modelVersionId]);
      return found!;
    }
    const found = await this.store.modelVersions.findOne({ modelId: model.id, version: version! });
    if (found === null) {
      const latest = await this.store.latestVersion('modelVersions', model.id);
      throw new NatriumError('NOT_FOUND', `model ${name} has no version ${version}; its newest is ${latest}`);
    }
    return found;
  }
}
