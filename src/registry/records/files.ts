import type { Recorded } from './common.ts';

export interface Artifact {
  readonly sha256: string;
  readonly byteLength: string;
  readonly mediaType: string;
  readonly fileName: string | null;
  readonly createdAt: Date;
  readonly createdBy: string;
}

/** A file on its way in, or come in. */
export interface Upload extends Recorded {
  readonly fileName: string;
  /** Unguessable: whoever knows it may put the bytes. */
  readonly key: string;
  readonly expiresAt: Date;
  /** How long the file is, if its maker said so. */
  readonly announcedBytes: string | null;
  /** Both null until an import has made an artifact of the bytes. */
  readonly byteLength: string | null;
  readonly sha256: string | null;
}
