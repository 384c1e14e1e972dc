import { NatriumError } from '../../errors.ts';
import { type Caller, requireRole } from '../caller.ts';
import type { MutationRequest, Mutations } from '../mutations.ts';
import type { ArtifactStore, Store } from '../ports.ts';
import type { ModelVersion } from '../records.ts';
import { References } from '../references.ts';
import { hasSameArtifacts, requireSameArtifacts } from './same-artifacts.ts';

/** The files of model versions, compared with their sha256 whenever they are read; a version of which one is wrong is quarantined. */
export class ModelWeights {
  constructor(
    private readonly store: Store,
    private readonly mutations: Mutations,
    private readonly artifacts: ArtifactStore,
  ) {}

  /** Throws `CORRUPT_ARTIFACT`, naming the version and the reason, for a version in quarantine. */
  async requireUsable(version: ModelVersion): Promise<void> {
    if (version.quarantinedAt === null) return;
    const reference = await referenceOf(this.store, version);
    throw new NatriumError(
      'CORRUPT_ARTIFACT',
      `${reference} is in quarantine since ${version.quarantinedAt.toISOString()}: ${version.quarantineReason} ` +
        'When the right bytes are back, verifyModelVersion lifts the quarantine.',
      { modelVersion: reference, reason: 'quarantined' },
    );
  }

  /**
   * Bytes of one of the version's files, that of its best trial unless another is named.
   *
   * @throws NatriumError CORRUPT_ARTIFACT naming the version when the file is damaged or missing; the version is then in
   *   quarantine, unless the whole store is another than it was. UNAVAILABLE when the artifact store cannot be reached, which says
   *   nothing about the version.
   */
  async read(version: ModelVersion, sha256: string = version.weightsSha256): Promise<Uint8Array> {
    let found = await this.tryToRead(sha256);
    if (found instanceof NatriumError && !(await hasSameArtifacts(this.store, this.artifacts))) throw found;
    if (found instanceof NatriumError && !(await isInQuarantine(this.store, version.id))) {
      found = await this.store.transaction(async (store) => {
        await lock(store, version);
        // the right bytes may have been put back and verified meanwhile
        const again = await this.tryToRead(sha256);
        if (again instanceof NatriumError) await quarantine(store, version.id, again);
        return again;
      });
    }
    if (!(found instanceof NatriumError)) return found;
    const reference = await referenceOf(this.store, version);
    throw new NatriumError(
      'CORRUPT_ARTIFACT',
      `${reference} is now in quarantine: ${found.message}`,
      { ...found.details, modelVersion: reference },
      { cause: found },
    );
  }

  /**
   * Reads all files of a version: sets the quarantine, with the reason, if one is damaged or missing, and lifts it if none is. Throws
   * `INVALID_STATE` where the whole store is another than it was, which says nothing about the version.
   */
  verify(caller: Caller, request: MutationRequest, modelVersion: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    return this.mutations.run(caller, request, async (store) => {
      const version = await new References(store).modelVersion(modelVersion);
      await lock(store, version);
      for (const { weightsSha256 } of version.members ?? [version]) {
        const found = await this.tryToRead(weightsSha256);
        if (found instanceof NatriumError) {
          await requireSameArtifacts(store, this.artifacts);
          await quarantine(store, version.id, found);
          return version.id;
        }
      }
      await store.modelVersions.update(version.id, { quarantinedAt: null, quarantineReason: null });
      return version.id;
    });
  }

  /** The bytes, or what is wrong with them. */
  private async tryToRead(sha256: string): Promise<Uint8Array | NatriumError> {
    try {
      return await this.artifacts.get(sha256);
    } catch (error) {
      if (isCorrupt(error)) return error;
      throw error;
    }
  }
}

/** Those who set and those who lift a quarantine read the files while nobody else does either. */
function lock(store: Store, version: ModelVersion): Promise<void> {
  return store.lock(`weights:${version.id}`);
}

/** From the first time on: what was found first stays the reason while it lasts. */
async function quarantine(store: Store, id: string, reason: NatriumError): Promise<void> {
  if (await isInQuarantine(store, id)) return;
  await store.modelVersions.update(id, { quarantinedAt: new Date(), quarantineReason: reason.message });
}

async function isInQuarantine(store: Store, id: string): Promise<boolean> {
  const [version] = await store.modelVersions.getMany([id]);
  return version!.quarantinedAt !== null;
}

async function referenceOf(store: Store, version: ModelVersion): Promise<string> {
  const [model] = await store.models.getMany([version.modelId]);
  return `${model!.name}/${version.version}`;
}

function isCorrupt(error: unknown): error is NatriumError {
  return error instanceof NatriumError && error.code === 'CORRUPT_ARTIFACT';
}
