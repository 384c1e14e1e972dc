import {
  checkFeatureSetDefinition,
  definitionHash,
  type FeatureSetDefinition,
  needsDft,
} from '../ml/features/feature-set.ts';
import { type Caller, requireRole } from './access.ts';
import type { MutationRequest, Mutations } from './mutations.ts';
import { checkName } from './names.ts';

/** Versioned definitions of features. */
export class FeatureSets {
  constructor(private readonly mutations: Mutations) {}

  /** A definition that the name already has keeps its version. */
  create(caller: Caller, request: MutationRequest, name: string, definition: FeatureSetDefinition): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    checkName('feature set', name);
    checkFeatureSetDefinition(definition);
    return this.mutations.run(caller, request, async (store) => {
      await store.lock(`feature-set:${name}`);
      const sha256 = definitionHash(definition);
      const existing = await store.featureSets.findOne({ name, sha256 });
      if (existing !== null) return existing.id;
      const featureSet = await store.featureSets.insert({
        name,
        version: (await store.latestVersion('featureSets', name)) + 1,
        definition,
        sha256,
        needsDft: needsDft(definition),
        createdBy: caller.name,
      });
      return featureSet.id;
    });
  }
}
