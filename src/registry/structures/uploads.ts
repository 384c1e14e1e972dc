import { randomBytes } from 'node:crypto';
import { NatriumError } from '../../errors.ts';
import { type Caller, requireRole } from '../caller.ts';
import type { MutationRequest, Mutations } from '../mutations.ts';
import { checkText } from '../names.ts';
import type { Store, UploadStore } from '../ports.ts';
import type { Upload } from '../records.ts';

/** Long enough for a large file over a slow line, short enough that a leaked address is soon worth nothing. */
const UPLOAD_SECONDS = 24 * 3600;
const KEY = /^[0-9a-f]{64}$/;

/** Files on their way in: an address is asked for, the bytes are put there, an import takes them. */
export class Uploads {
  constructor(
    private readonly store: Store,
    private readonly mutations: Mutations,
    private readonly files: UploadStore,
  ) {}

  /** @param announcedBytes how long the file is; an upload of another length is not imported then */
  request(caller: Caller, request: MutationRequest, fileName: string, announcedBytes: number | null): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    checkText('fileName', fileName, 255);
    if (announcedBytes !== null && !(Number.isSafeInteger(announcedBytes) && announcedBytes >= 0)) {
      throw new NatriumError(
        'BAD_USER_INPUT',
        `byteLength is ${announcedBytes}; a file has 0 bytes or more, in whole numbers`,
      );
    }
    return this.mutations.run(caller, request, async (store) => {
      const upload = await store.uploads.insert({
        fileName,
        key: randomBytes(32).toString('hex'),
        expiresAt: new Date(Date.now() + UPLOAD_SECONDS * 1000),
        announcedBytes: announcedBytes === null ? null : String(announcedBytes),
        byteLength: null,
        sha256: null,
        createdBy: caller.name,
      });
      return upload.id;
    });
  }

  /** Where the bytes are to be put; null once that is over. */
  async address(upload: Upload): Promise<string | null> {
    const seconds = Math.floor((upload.expiresAt.getTime() - Date.now()) / 1000);
    return upload.sha256 !== null || seconds < 1 ? null : this.files.address(upload.key, seconds);
  }

  /** The open upload with this key; throws NOT_FOUND and INVALID_STATE. */
  async open(key: string): Promise<Upload> {
    const upload = KEY.test(key) ? await this.store.uploads.findOne({ key }) : null;
    if (upload === null) throw new NatriumError('NOT_FOUND', 'there is no such upload; ask requestUpload for one');
    if (upload.sha256 !== null || upload.expiresAt.getTime() <= Date.now()) {
      const state = upload.sha256 === null ? 'has expired or is being imported' : 'was imported already';
      throw new NatriumError('INVALID_STATE', `this upload ${state}; ask requestUpload for a new one`);
    }
    return upload;
  }
}
