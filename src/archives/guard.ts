import { NatriumError } from '../errors.ts';
import { type NameRegister, nameRegister, shownName } from './names.ts';

/** What may come out of one uploaded file. */
export interface ArchiveLimits {
  /** Unpacked bytes of all entries together, tar's own headers included. */
  readonly totalBytes: number;
  /** Members of any kind: folders, ignored and refused ones count. */
  readonly entries: number;
  /** Unpacked bytes to those of the uploaded file; tested beyond the first 64 MiB. */
  readonly ratio: number;
  /** UTF-16 units of a name. */
  readonly nameLength: number;
}

/**
 * Bounds for text that programs print. A calculation's output is 0.1-10 MB, so 64 GiB and a million members are more than
 * the largest set of calculations; outputs shrink 4 to 30 times and tables of zeros up to some 100 times, while a bomb gets
 * near to the 1,032 that DEFLATE can reach.
 */
export const DEFAULT_LIMITS: ArchiveLimits = {
  totalBytes: 64 * 2 ** 30,
  entries: 1_000_000,
  ratio: 200,
  nameLength: 1_000,
};

const RATIO_FLOOR_BYTES = 64 * 2 ** 20;
const SPLIT = 'split it into several archives, or upload its files unpacked';

/** Counts what comes out of one uploaded file against its limits, and words its errors. */
export class ArchiveGuard {
  readonly names: NameRegister;
  /** Name of the entry at hand, for the errors; null between entries. */
  entry: string | null = null;
  private unpackedBytes = 0;
  private entries = 0;
  private failure: NatriumError | null = null;

  constructor(
    private readonly file: string,
    private readonly packedBytes: number,
    private readonly limits: ArchiveLimits,
  ) {
    this.names = nameRegister(limits.nameLength);
  }

  /** Counts bytes that were really unpacked. Throws TOO_LARGE beyond a bound, and ever after. */
  countBytes(count: number): void {
    if (this.failure !== null) throw this.failure;
    this.unpackedBytes += count;
    const { totalBytes, ratio } = this.limits;
    if (this.unpackedBytes > totalBytes) {
      this.fail('totalBytes', `it unpacks to more than ${totalBytes.toLocaleString('en')} bytes`);
    }
    if (this.unpackedBytes > Math.max(RATIO_FLOOR_BYTES, ratio * this.packedBytes)) {
      const packed = `${this.packedBytes.toLocaleString('en')} bytes`;
      this.fail('ratio', `it unpacks to more than ${ratio.toLocaleString('en')} times its ${packed}`);
    }
  }

  /** Counts a member and returns its position, from 1. Throws TOO_LARGE beyond the bound, and ever after. */
  countEntry(): number {
    if (this.failure !== null) throw this.failure;
    this.entries++;
    if (this.entries > this.limits.entries) {
      this.fail('entries', `it has more than ${this.limits.entries.toLocaleString('en')} entries`);
    }
    return this.entries;
  }

  tooLarge(bound: string, reason: string): NatriumError {
    const details = { ...this.place(), bound };
    return new NatriumError('TOO_LARGE', `${this.where()}: ${reason}; ${SPLIT}.`, details);
  }

  malformed(reason: string, cause?: unknown): NatriumError {
    const message = `${this.where()}: ${reason}; pack the files again and upload the new archive.`;
    return new NatriumError('MALFORMED_FILE', message, this.place(), { cause });
  }

  refused(reason: string): NatriumError {
    return new NatriumError('BAD_USER_INPUT', `${this.where()}: refused, because ${reason}.`, this.place());
  }

  private fail(bound: string, reason: string): never {
    this.failure = this.tooLarge(bound, reason);
    throw this.failure;
  }

  private where(): string {
    return this.entry === null ? this.file : `${this.file}: ${shownName(this.entry)}`;
  }

  private place(): { file: string; entry?: string } {
    return this.entry === null ? { file: this.file } : { file: this.file, entry: shownName(this.entry) };
  }
}
