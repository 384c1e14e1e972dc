import type { LevelOfTheory } from '../../chemistry/calculation-record.ts';
import type { FileFormat } from '../../chemistry/formats.ts';
import { NatriumError } from '../../errors.ts';
import { type Caller, requireRole } from '../caller.ts';
import type { MutationRequest, Mutations } from '../mutations.ts';
import type { Store, UploadStore } from '../ports.ts';
import type { Import, ImportContent, ImportedItem, Upload } from '../records.ts';
import { Jobs, type WorkKind } from '../work/jobs.ts';

const MOST_UPLOADS = 1000;
const REPORT_PART = 5000;

export interface StartImportInput {
  readonly uploadIds: readonly string[];
  readonly content: ImportContent;
  readonly format: FileFormat | null;
  readonly levelOfTheory: LevelOfTheory | null;
}

export const IMPORT_WORK: WorkKind<Import> = {
  kind: 'IMPORT',
  name: 'import',
  resumedBy: 'resumeImport',
  queued: (importId) => ({ kind: 'import', importId }),
  subject: async (store, { subjectId }) => (await store.imports.getMany([subjectId]))[0]!,
};

/** Requests for background imports. `import-runs.ts` is what workers make of them. */
export class ImportRequests {
  private readonly jobs: Jobs<Import>;

  constructor(
    private readonly store: Store,
    private readonly mutations: Mutations,
    private readonly files: UploadStore,
  ) {
    this.jobs = new Jobs(store, IMPORT_WORK);
  }

  async find(importId: string): Promise<Import> {
    const [found] = await this.store.imports.getMany([importId]);
    if (!found) throw new NatriumError('NOT_FOUND', `there is no import ${importId}; imports lists them`);
    return found;
  }

  /** What became of each item so far, in order, in parts. */
  async *report(importId: string): AsyncGenerator<readonly ImportedItem[]> {
    let after = -1;
    for (;;) {
      const items = await this.store.importItems(importId, { after, first: REPORT_PART, status: null });
      if (items.length === 0) return;
      yield items;
      after = items.at(-1)!.position;
    }
  }

  start(caller: Caller, request: MutationRequest, input: StartImportInput): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    const { uploadIds } = input;
    if (uploadIds.length === 0 || uploadIds.length > MOST_UPLOADS) {
      throw new NatriumError('BAD_USER_INPUT', `an import takes 1 to ${MOST_UPLOADS} uploads, not ${uploadIds.length}`);
    }
    if (new Set(uploadIds).size < uploadIds.length) {
      throw new NatriumError('BAD_USER_INPUT', 'an upload is listed twice; list each once');
    }
    return this.mutations.run(caller, request, async (store) => {
      await this.closeUploads(store, uploadIds);
      const started = await store.imports.insert({
        ...input,
        ...{ state: 'QUEUED', attempt: 0, worker: null, failure: null },
        ...{ inserted: 0, existing: 0, rejected: 0, nextUpload: 0, nextEntry: 0, nextItem: 0 },
        ...{ startedAt: null, finishedAt: null, createdBy: caller.name },
      });
      await this.jobs.request(store, started.id, caller);
      return started.id;
    });
  }

  /** Ends an import where it is; what it brought in stays. */
  cancel(caller: Caller, request: MutationRequest, importId: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    return this.mutations.run(caller, request, async (store) => {
      await this.jobs.cancel(store, caller, importId);
      return importId;
    });
  }

  /** Lets a failed or cancelled import go on where it stopped. */
  resume(caller: Caller, request: MutationRequest, importId: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    return this.mutations.run(caller, request, async (store) => {
      await this.jobs.resume(store, caller, importId);
      return importId;
    });
  }

  /** Nothing can be put any more: what is imported is what was there. */
  private async closeUploads(store: Store, uploadIds: readonly string[]): Promise<void> {
    const uploads = await store.uploads.getMany(uploadIds);
    for (const [i, upload] of uploads.entries()) {
      if (upload === null) throw new NatriumError('NOT_FOUND', `there is no upload ${uploadIds[i]}`);
      if (upload.sha256 === null) checkWhole(upload, await this.files.byteLength(upload.key));
      if (upload.expiresAt.getTime() > Date.now()) await store.uploads.update(upload.id, { expiresAt: new Date() });
    }
  }
}

/** Throws INVALID_STATE unless the bytes of an upload are there, and all of them as far as that is known. */
function checkWhole({ fileName, announcedBytes }: Upload, byteLength: number | null): void {
  if (byteLength === null) {
    throw new NatriumError(
      'INVALID_STATE',
      `nothing has been put to the address of the upload of ${fileName} yet; PUT the file there first`,
    );
  }
  if (announcedBytes !== null && Number(announcedBytes) !== byteLength) {
    throw new NatriumError(
      'INVALID_STATE',
      `${byteLength} of the ${announcedBytes} bytes of ${fileName} have been put to the address of its upload; PUT the whole file there again`,
    );
  }
}
