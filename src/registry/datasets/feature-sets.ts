import {
  checkFeatureSetDefinition,
  definitionHash,
  type FeatureSetDefinition,
  needsDft,
} from '../../ml/features/feature-set.ts';
import {
  type CoordinationDefinition,
  coordinationWidth,
  runningCoordinationNumbers,
} from '../../ml/features/running-coordination-numbers.ts';
import { type Caller, requireRole } from '../caller.ts';
import type { MutationRequest, Mutations } from '../mutations.ts';
import { checkName } from '../names.ts';
import type { Store } from '../ports.ts';
import type { Cluster, FeatureSet } from '../records.ts';
import { unlabelledInput } from './datasets.ts';

/** Versioned definitions of features. */
export class FeatureSets {
  constructor(private readonly mutations: Mutations) {}

  /**
   * Running coordination numbers of one cluster, one row an atom; columns by neighbour element, then by radius. Throws
   * BAD_USER_INPUT as a feature set of this definition would.
   */
  runningCoordinationNumbers(cluster: Cluster, definition: CoordinationDefinition): number[][] {
    checkFeatureSetDefinition({ runningCoordinationNumbers: definition, grossOrbitalPopulations: null });
    const { structure } = unlabelledInput(cluster, null);
    const numbers = runningCoordinationNumbers(structure, definition);
    const width = coordinationWidth(definition);
    return Array.from({ length: cluster.size }, (_, i) => [...numbers.subarray(i * width, (i + 1) * width)]);
  }

  /** A definition that the name already has keeps its version. */
  create(caller: Caller, request: MutationRequest, name: string, definition: FeatureSetDefinition): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    checkName('feature set', name);
    checkFeatureSetDefinition(definition);
    return this.mutations.run(
      caller,
      request,
      async (store) => (await findOrCreateFeatureSet(store, caller, name, definition)).id,
    );
  }
}

/** The version of a name that has this definition, which was checked. Only inside a transaction. */
export async function findOrCreateFeatureSet(
  store: Store,
  caller: Caller,
  name: string,
  definition: FeatureSetDefinition,
): Promise<FeatureSet> {
  await store.lock(`feature-set:${name}`);
  const sha256 = definitionHash(definition);
  const existing = await store.featureSets.findOne({ name, sha256 });
  if (existing !== null) return existing;
  return store.featureSets.insert({
    name,
    version: (await store.latestVersion('featureSets', name)) + 1,
    definition,
    sha256,
    needsDft: needsDft(definition),
    createdBy: caller.name,
  });
}
