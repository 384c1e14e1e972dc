import type { ParsedItem } from '../../chemistry/extxyz.ts';
import { readItems, withFormat } from '../../chemistry/formats.ts';
import { NatriumError } from '../../errors.ts';
import { type Caller, SYSTEM } from '../caller.ts';
import type {
  ArtifactStore,
  FileEntry,
  OpenEntries,
  Store,
  TemporaryFiles,
  UploadStore,
  WorkFolder,
} from '../ports.ts';
import type { Import, ItemStatus, Upload } from '../records.ts';
import { type Delivery, isFinal, Jobs, STORED } from '../work/jobs.ts';
import { IMPORT_WORK } from './import-requests.ts';
import { checkItems, planIngestion, type ReadItem } from './ingest.ts';
import { lockClusters } from './new-clusters.ts';

/** So many items, or items with so many atoms, or read from so many bytes, are stored in one transaction. */
const BATCH_ITEMS = 500;
const BATCH_ATOMS = 20_000;
const BATCH_BYTES = 16 * 1024 * 1024;
/** A file of which so many items are bad is not what the caller takes it for. */
const MOST_REJECTED = 100_000;

/** Where an import goes on. */
type Cursor = Pick<Import, 'nextUpload' | 'nextEntry' | 'nextItem'>;

/**
 * What workers do with a background import. Each batch of items is stored in one transaction with its part of the report and
 * with the place where the next batch begins, so an import that was interrupted goes on there, and nothing comes in twice.
 */
export class ImportRuns {
  private readonly jobs: Jobs<Import>;

  constructor(
    private readonly store: Store,
    private readonly artifacts: ArtifactStore,
    private readonly uploads: UploadStore,
    private readonly temporaryFiles: TemporaryFiles,
    private readonly openEntries: OpenEntries,
  ) {
    this.jobs = new Jobs(store, IMPORT_WORK);
  }

  /** Brings in all that is left of an import. */
  run(importId: string, delivery: Delivery): Promise<void> {
    return this.jobs.run(importId, delivery, async (taken) => {
      const folder = await this.temporaryFiles.workFolder();
      try {
        await this.importUploads(taken, folder, delivery);
        return STORED;
      } finally {
        await folder.remove();
      }
    });
  }

  /** The queue gave an import up after several attempts. */
  lose(importId: string): Promise<void> {
    return this.jobs.lose(importId);
  }

  private async importUploads(taken: Import, folder: WorkFolder, delivery: Delivery): Promise<void> {
    const { stopping: interrupted } = delivery;
    const batch = new Batch(this.store, this.jobs, taken);
    for (let ordinal = taken.nextUpload; ordinal < taken.uploadIds.length; ordinal++) {
      const { upload, path, sha256 } = await this.jobs.patiently(taken, delivery, () =>
        this.bring(taken.uploadIds[ordinal], folder),
      );
      const from = ordinal === taken.nextUpload ? taken : { nextEntry: 0, nextItem: 0 };
      const cursor = { nextUpload: ordinal, nextEntry: from.nextEntry, nextItem: from.nextItem };
      try {
        for await (const entry of this.openEntries(path, upload.fileName)) {
          interrupted.throwIfAborted();
          if (entry.position < from.nextEntry) continue;
          const file = entry.name === upload.fileName ? entry.name : `${upload.fileName}/${entry.name}`;
          const done = entry.position === from.nextEntry ? from.nextItem : 0;
          let read = 0;
          for await (const item of itemsOf(batch.counting(entry), file, taken.format)) {
            read += 1;
            if (read <= done) continue;
            batch.add(item, file);
            Object.assign(cursor, { nextEntry: entry.position, nextItem: read });
            if (!batch.isFull) continue;
            await batch.store(sha256, cursor);
            interrupted.throwIfAborted();
          }
        }
      } catch (error) {
        // what came out of an archive before its damage is good
        if (isFinal(error)) {
          await batch.store(sha256, cursor);
          await batch.stored;
        }
        throw error;
      }
      await batch.store(sha256, { nextUpload: ordinal + 1, nextEntry: 0, nextItem: 0 });
      await batch.stored;
      await folder.remove(upload.id);
    }
  }

  /** The bytes of an upload as a local file; what was put becomes an artifact first, since uploads do not last. */
  private async bring(
    uploadId: string,
    folder: WorkFolder,
  ): Promise<{ readonly upload: Upload; readonly path: string; readonly sha256: string }> {
    const upload = (await this.store.uploads.getMany([uploadId]))[0]!;
    const path = folder.pathOf(uploadId);
    // what an earlier try left that broke off
    await folder.remove(uploadId);
    if (upload.sha256 !== null) {
      await folder.save(uploadId, await this.artifacts.read(upload.sha256));
      // a worker may have died before it came to that
      await this.uploads.remove(upload.key);
      return { upload, path, sha256: upload.sha256 };
    }
    await this.uploads.fetch(upload.key, path);
    const { sha256, byteLength } = await this.artifacts.putFile(path);
    checkStillWhole(upload, byteLength);
    await this.store.transaction(async (store) => {
      await store.recordArtifact({
        sha256,
        byteLength: String(byteLength),
        mediaType: 'application/octet-stream',
        fileName: upload.fileName,
        createdBy: upload.createdBy,
      });
      await store.uploads.update(uploadId, { sha256, byteLength: String(byteLength) });
    });
    await this.uploads.remove(upload.key);
    return { upload, path, sha256 };
  }
}

/** Whoever knows a presigned address may put other bytes there after the import has been asked for. */
function checkStillWhole({ fileName, announcedBytes }: Upload, byteLength: number): void {
  if (announcedBytes === null || Number(announcedBytes) === byteLength) return;
  throw new NatriumError(
    'INVALID_STATE',
    `the upload of ${fileName} had ${byteLength} of ${announcedBytes} bytes when it was taken: something was put to its address after ` +
      'startImport; ask requestUpload for a new one',
  );
}

/** The items of one file; a file that holds none, or that was refused, is answered for by one. */
async function* itemsOf(entry: FileEntry, file: string, format: Import['format']): AsyncGenerator<ParsedItem> {
  if ('error' in entry) {
    yield { line: 1, label: null, error: entry.error };
    return;
  }
  let isEmpty = true;
  try {
    const { format: detected, chunks } = await withFormat(entry.bytes);
    // the reader of XYZ says best what is wrong with the beginning of a file
    for await (const item of readItems(chunks, file, format ?? detected ?? 'EXTXYZ')) {
      isEmpty = false;
      yield item;
    }
  } catch (error) {
    // a damaged member of an archive leaves the others
    if (!(error instanceof NatriumError) || error.code !== 'MALFORMED_FILE') throw error;
    isEmpty = false;
    yield { line: 1, label: null, error };
  }
  if (isEmpty) {
    const error = new NatriumError('MALFORMED_FILE', `${file}, line 1: the file holds no structure; leave it out`);
    yield { line: 1, label: null, error };
  }
}

/** The items that are read and not yet stored. */
class Batch {
  private items: ReadItem[] = [];
  private atoms = 0;
  private bytes = 0;
  private counts: Pick<Import, 'inserted' | 'existing' | 'rejected'>;
  private readonly caller: Caller;
  /** Of the items before. */
  stored: Promise<void> = Promise.resolve();

  constructor(
    private readonly registryStore: Store,
    private readonly jobs: Jobs<Import>,
    private readonly taken: Import,
  ) {
    const { inserted, existing, rejected, createdBy } = taken;
    this.counts = { inserted, existing, rejected };
    this.caller = { ...SYSTEM, name: createdBy };
  }

  get isFull(): boolean {
    return this.items.length >= BATCH_ITEMS || this.atoms >= BATCH_ATOMS || this.bytes >= BATCH_BYTES;
  }

  /** The same entry, its bytes counted as they are read: items keep about as much memory. */
  counting(entry: FileEntry): FileEntry {
    return 'error' in entry ? entry : { ...entry, bytes: this.counted(entry.bytes) };
  }

  private async *counted(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      this.bytes += chunk.length;
      yield chunk;
    }
  }

  add(item: ParsedItem, file: string): void {
    this.items.push({ ...item, file });
    if ('record' in item) this.atoms += item.record.structure.atomicNumbers.length;
  }

  /**
   * Stores all of them, and that the import goes on at `cursor`, behind the caller's back: the next items are read meanwhile.
   * Throws what went wrong with those before.
   */
  async store(sha256: string, cursor: Cursor): Promise<void> {
    await this.stored;
    this.stored = this.write(this.items, sha256, { ...cursor });
    // whoever comes next hears of it
    this.stored.catch(() => {});
    this.items = [];
    this.atoms = 0;
    this.bytes = 0;
  }

  private async write(read: readonly ReadItem[], sha256: string, cursor: Cursor): Promise<void> {
    const items = await checkItems(this.registryStore, read, this.taken);
    this.counts = await this.registryStore.transaction(async (store) => {
      await this.jobs.save(store, this.taken);
      await lockClusters(store);
      const ingestion = await planIngestion(store, this.caller, items, sha256);
      const report = await ingestion.insert(store);
      const { inserted, existing, rejected } = this.counts;
      const count = (status: ItemStatus) => report.filter((item) => item.status === status).length;
      const counts = {
        inserted: inserted + count('INSERTED'),
        existing: existing + count('EXISTING'),
        rejected: rejected + count('REJECTED'),
      };
      await store.addImportItems(this.taken.id, inserted + existing + rejected, report);
      await store.imports.update(this.taken.id, { ...counts, ...cursor });
      return counts;
    });
    if (this.counts.rejected > MOST_REJECTED) {
      throw new NatriumError(
        'TOO_LARGE',
        `more than ${MOST_REJECTED} items were rejected; see the report, and correct the file or name its format`,
      );
    }
  }
}
