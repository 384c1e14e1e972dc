import { NatriumError } from '../../errors.ts';
import { type Caller, requireRole } from '../caller.ts';
import type { MutationRequest, Mutations } from '../mutations.ts';
import { checkName, checkText, parseReference } from '../names.ts';
import type { Store } from '../ports.ts';
import type { ModelVersion, ModelVersionState } from '../records.ts';
import { References } from '../references.ts';

/** Aliases and archiving of model versions; the versions themselves never change. */
export class Models {
  constructor(private readonly mutations: Mutations) {}

  /** Points an alias at a version; every move is kept in the alias history. */
  setAlias(caller: Caller, request: MutationRequest, modelVersion: string, alias: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    checkName('alias', alias);
    return this.mutations.run(caller, request, async (store) => {
      const version = await lockedVersion(store, modelVersion);
      if (version.archivedAt !== null) {
        throw new NatriumError(
          'INVALID_STATE',
          `${modelVersion} is archived (${version.archiveReason}); choose another`,
        );
      }
      if (version.quarantinedAt !== null) {
        throw new NatriumError(
          'INVALID_STATE',
          `${modelVersion} is in quarantine (${version.quarantineReason}) Choose another, or put the right bytes back and verify it.`,
        );
      }
      await store.setAlias(version.modelId, alias, version.id, caller.name);
      await store.modelAliasChanges.insert({
        modelId: version.modelId,
        alias,
        modelVersionId: version.id,
        createdBy: caller.name,
      });
      return version.modelId;
    });
  }

  deleteAlias(caller: Caller, request: MutationRequest, reference: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    return this.mutations.run(caller, request, async (store) => {
      const { name, alias } = parseReference('alias', reference);
      if (alias === null) {
        throw new NatriumError('BAD_USER_INPUT', `${JSON.stringify(reference)} names no alias; write ${name}@champion`);
      }
      const model = await new References(store).model(name);
      if (!(await store.deleteAlias(model.id, alias))) {
        throw new NatriumError('NOT_FOUND', `model ${name} has no alias ${JSON.stringify(alias)}`);
      }
      await store.modelAliasChanges.insert({
        modelId: model.id,
        alias,
        modelVersionId: null,
        createdBy: caller.name,
      });
      return model.id;
    });
  }

  /** Takes a version out of use, with a reason; it stays readable. A version under an alias is refused. */
  archive(caller: Caller, request: MutationRequest, modelVersion: string, reason: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    checkText('reason', reason, 1000);
    return this.mutations.run(caller, request, async (store) => {
      const version = await lockedVersion(store, modelVersion);
      const aliases = await store.aliases([version.modelId]);
      const alias = aliases.find((each) => each.modelVersionId === version.id);
      if (alias !== undefined) {
        throw new NatriumError(
          'INVALID_STATE',
          `${modelVersion} is @${alias.alias}; point the alias elsewhere or delete it first`,
        );
      }
      if (version.archivedAt === null) {
        await store.modelVersions.update(version.id, {
          archivedAt: new Date(),
          archivedBy: caller.name,
          archiveReason: reason,
        });
      }
      return version.id;
    });
  }
}

/** QUARANTINED whether it is archived or not. */
export function modelVersionState({ quarantinedAt, archivedAt }: ModelVersion): ModelVersionState {
  if (quarantinedAt !== null) return 'QUARANTINED';
  return archivedAt === null ? 'ACTIVE' : 'ARCHIVED';
}

/** A version as it is while nobody else moves an alias of its model or archives one of its versions. */
async function lockedVersion(store: Store, reference: string): Promise<ModelVersion> {
  const references = new References(store);
  const { modelId } = await references.modelVersion(reference);
  await store.lock(`model:${modelId}`);
  return references.modelVersion(reference);
}
