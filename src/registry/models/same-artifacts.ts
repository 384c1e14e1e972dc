import { NatriumError } from '../../errors.ts';
import type { ArtifactStore, Store } from '../ports.ts';

/** One may be lost or damaged; that all are tells of another store. */
const LOOKED_FOR = 3;

/** Whether an artifact store is the one that the database speaks of: it has one of those that the database names last. */
export async function hasSameArtifacts(
  store: Pick<Store, 'newestArtifacts'>,
  artifacts: Pick<ArtifactStore, 'has'>,
): Promise<boolean> {
  const newest = await store.newestArtifacts(LOOKED_FOR);
  for (const sha256 of newest) if (await artifacts.has(sha256)) return true;
  return newest.length === 0;
}

/** Throws INVALID_STATE if an artifact store is another than the database speaks of: what is put there, nobody else would find. */
export async function requireSameArtifacts(
  store: Pick<Store, 'newestArtifacts'>,
  artifacts: Pick<ArtifactStore, 'description' | 'has'>,
): Promise<void> {
  if (await hasSameArtifacts(store, artifacts)) return;
  throw new NatriumError(
    'INVALID_STATE',
    `${artifacts.description} has none of the artifacts that the database names last: give all servers and workers the same S3_ settings, ` +
      'or the same NATRIUM_DATA_FOLDER where there is no S3; if they have them, restore the artifacts from a backup',
  );
}
