import { chunkOf, detectFormat, type FileFormat, MEDIA_TYPES, readItems } from '../../chemistry/formats.ts';
import { NatriumError } from '../../errors.ts';
import { type Caller, requireRole } from '../caller.ts';
import type { MutationRequest, Mutations } from '../mutations.ts';
import { checkText } from '../names.ts';
import type { ArtifactStore, Store } from '../ports.ts';
import type { ImportedItem } from '../records.ts';
import { checkItems, planIngestion, type ReadItem, type Wanted } from './ingest.ts';
import { lockClusters } from './new-clusters.ts';

const LARGEST_INLINE_FILE = 8 * 1024 * 1024;

export interface ImportReport {
  readonly fileName: string;
  /** The stored file; null if nothing in it was accepted. */
  readonly sourceSha256: string | null;
  readonly items: readonly ImportedItem[];
}

export interface InlineFile {
  readonly fileName: string;
  readonly content: string;
  /** Null: as the content begins. */
  readonly format: FileFormat | null;
}

/** Brings in small files whole, while the caller waits. `import-requests.ts` and `import-runs.ts` are for large ones. */
export class Imports {
  constructor(
    private readonly store: Store,
    private readonly mutations: Mutations,
    private readonly artifacts: ArtifactStore,
  ) {}

  /**
   * Stores the clusters of a file, and their calculations if those are wanted, each once. Good items are kept, each bad one
   * is answered for.
   */
  async importFile(caller: Caller, request: MutationRequest, file: InlineFile, wanted: Wanted): Promise<ImportReport> {
    requireRole(caller, 'CONTRIBUTOR');
    const { fileName } = file;
    checkText('fileName', fileName, 255);
    // what is read is what is stored: half surrogate pairs have no bytes of their own
    const bytes = Buffer.from(file.content, 'utf8');
    if (bytes.length > LARGEST_INLINE_FILE) {
      throw new NatriumError('TOO_LARGE', `${fileName} has more than 8 MiB; use requestUpload and startImport`);
    }
    // the reader of XYZ says best what is wrong with the beginning of a file
    const format = file.format ?? detectFormat(bytes) ?? 'EXTXYZ';
    const read: ReadItem[] = [];
    for await (const item of readItems(chunkOf(bytes), fileName, format)) read.push({ ...item, file: fileName });
    if (read.length === 0) {
      throw new NatriumError(
        'MALFORMED_FILE',
        `${fileName} holds no structure; give the text of a file of a known format`,
      );
    }
    const items = await checkItems(this.store, read, wanted);
    const hasGood = items.some((item) => !('error' in item));
    const sha256 = hasGood ? (await this.artifacts.put(bytes)).sha256 : '';

    return this.mutations.run(caller, request, async (store) => {
      await lockClusters(store);
      const ingestion = await planIngestion(store, caller, items, sha256);
      if (ingestion.acceptsAny) {
        await store.recordArtifact({
          sha256,
          byteLength: String(bytes.length),
          mediaType: MEDIA_TYPES[format],
          fileName,
          createdBy: caller.name,
        });
      }
      const report = await ingestion.insert(store);
      return { fileName, sourceSha256: ingestion.acceptsAny ? sha256 : null, items: report };
    });
  }
}
