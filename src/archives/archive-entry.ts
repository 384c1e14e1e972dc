import type { NatriumError } from '../errors.ts';

/** A file in an uploaded file. */
export type ArchiveEntry =
  | {
      /** For people to read: folders with `/`, in no case a path to write to. */
      readonly name: string;
      /** Place among all members of the archive, folders included, from 1. */
      readonly position: number;
      /** To be read once and before the next entry is asked for, or not, or in part. */
      readonly bytes: AsyncIterable<Uint8Array>;
    }
  | { readonly name: string; readonly position: number; readonly error: NatriumError };
