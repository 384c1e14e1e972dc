import type { Readable } from 'node:stream';
import type { NatriumError } from '../../errors.ts';

/** Bytes in the store, named by the sha256 of their content (64 lower-case hexadecimal digits). */
export interface StoredBytes {
  readonly sha256: string;
  readonly byteLength: number;
}

/** Bytes from `start` up to, but without, `end`; the first byte of all is 0. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Content-addressed blobs: source files, checkpoints, weights. What was put never changes, so putting twice is putting once,
 * and whatever comes out has been compared with its name.
 */
export interface ArtifactStore {
  /** where the artifacts are, in words, for logs and messages; holds no secret */
  readonly description: string;
  /**
   * Stores the bytes, durably, and reads them back before it returns. Bytes of that content that were stored before and have
   * been damaged are replaced.
   *
   * @throws NatriumError UNAVAILABLE when the store cannot be reached or is full; CORRUPT_ARTIFACT when it returns other
   *   bytes than it was given
   */
  put(bytes: Uint8Array): Promise<StoredBytes>;
  /**
   * The bytes of that sha256.
   *
   * @throws NatriumError CORRUPT_ARTIFACT when they are missing or damaged (`reason` in the details says which);
   *   UNAVAILABLE when the store cannot be reached; BAD_USER_INPUT when `sha256` is none
   */
  get(sha256: string): Promise<Uint8Array>;
  /**
   * Stores the content of a local file as `put` does, in constant memory. The file is left alone; it must not change
   * meanwhile.
   *
   * @throws NatriumError as `put` does; errors of reading the file as they are
   */
  putFile(path: string): Promise<StoredBytes>;
  /**
   * The bytes of that sha256, or some of them, as a stream in constant memory. A whole read is compared with its name, and
   * the last bytes come only when it agrees; a range comes unverified, but never shorter than asked. Whatever goes wrong
   * later than this promise destroys the stream with the error.
   *
   * @param range first byte, and the one after the last; BAD_USER_INPUT unless whole numbers in this order
   * @throws NatriumError as `get` does; CORRUPT_ARTIFACT too when the stored bytes end before the range does
   */
  read(sha256: string, range?: ByteRange): Promise<Readable>;
  /** Whether bytes are stored under that name; they are not read. Throws as `get` does, save CORRUPT_ARTIFACT. */
  has(sha256: string): Promise<boolean>;
  /**
   * Proves that the store can be reached, written and read, and makes its folder or bucket where it is missing.
   *
   * @throws NatriumError UNAVAILABLE with one line that says what is wrong and what to do
   */
  check(): Promise<void>;
}

/** Files on their way in: whoever has the address of one may put its bytes there. */
export interface UploadStore {
  /** Address to which the bytes are PUT, good for so long; of this server if it is a path. */
  address(key: string, seconds: number): Promise<string>;
  /** How many bytes were put; null if none were. */
  byteLength(key: string): Promise<number | null>;
  /** Brings the bytes to a new file of this machine; throws INVALID_STATE if none were put. */
  fetch(key: string, path: string): Promise<void>;
  remove(key: string): Promise<void>;
}

/** A folder for files that one piece of work needs while it lasts. */
export interface WorkFolder {
  save(name: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Path of a file to be. */
  pathOf(name: string): string;
  /** Removes one file of it, or all with the folder. */
  remove(name?: string): Promise<void>;
}

/** The files in a file: itself, or the members of an archive. Names never become paths, and what comes out is bounded. */
export type OpenEntries = (path: string, fileName: string) => AsyncGenerator<FileEntry>;

export type FileEntry =
  | { readonly name: string; readonly position: number; readonly bytes: AsyncIterable<Uint8Array> }
  | { readonly name: string; readonly position: number; readonly error: NatriumError };

/** A temporary file that many read while one writes it. */
export interface GrowingFile {
  readonly path: string;
  /** Throws UNAVAILABLE when there is no room. */
  append(bytes: Uint8Array): Promise<void>;
  /** Nothing more comes: readers end well when they have all. */
  finish(): void;
  /** Nothing more comes: readers are destroyed with the error. */
  fail(error: Error): void;
  /** The bytes from the first one on, as they come. Only before `remove`. */
  follow(): Readable;
  /** Takes the file away from its folder; those who read it go on to its end. */
  remove(): Promise<void>;
}

/** Files of this machine, for as long as one piece of work lasts. */
export interface TemporaryFiles {
  create(): Promise<GrowingFile>;
  workFolder(): Promise<WorkFolder>;
}
