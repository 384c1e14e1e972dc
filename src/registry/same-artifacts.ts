import { NatriumError } from '../errors.ts';
import type { ArtifactStore, Store } from './ports.ts';

/** One may be lost or damaged; that all are tells of another store. */
const LOOKED_FOR = 3;

/**
 * Throws INVALID_STATE if an artifact store has nothing of what the database names: what a worker put there, nobody else would
 * find.
 */
export async function requireSameArtifacts(
  store: Pick<Store, 'newestArtifacts'>,
  artifacts: Pick<ArtifactStore, 'description' | 'has'>,
): Promise<void> {
  const newest = await store.newestArtifacts(LOOKED_FOR);
  if (newest.length === 0) return;
  for (const sha256 of newest) if (await artifacts.has(sha256)) return;
  throw new NatriumError(
    'INVALID_STATE',
    `${artifacts.description} has none of the artifacts that the database names last: give the worker the S3_ settings of its server, ` +
      'or its NATRIUM_DATA_FOLDER where there is no S3',
  );
}
