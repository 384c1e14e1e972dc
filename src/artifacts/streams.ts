import { createHash } from 'node:crypto';
import { finished, type Readable, Transform } from 'node:stream';
import { NatriumError } from '../errors.ts';
import { type ByteRange, damagedArtifact, type StoredBytes, shortArtifact } from './artifact-store.ts';

/** What a stream of stored bytes should be, and how to say that it is not. */
export interface StreamedArtifact {
  readonly sha256: string;
  /** Null: all of it. */
  readonly range: ByteRange | null;
  /** Where the bytes come from, in words. */
  readonly description: string;
  /** What a failure of the source means to the caller. */
  readonly explain: (error: unknown) => unknown;
}

/**
 * What `source` brings, compared with what it should be. A whole artifact's last bytes are held back until its sha256 is
 * known, so that even a reader who counts never takes a damaged one for complete.
 */
export function checkedStream(source: Readable, artifact: StreamedArtifact): Readable {
  const { range, explain } = artifact;
  const checked = range === null ? wholeStream(artifact) : rangeStream(artifact, range);
  // also told of a source that closes before its end
  finished(source, { writable: false }, (error) => {
    if (error) checked.destroy(explain(error) as Error);
  });
  checked.once('close', () => source.destroy());
  return source.pipe(checked);
}

function wholeStream({ sha256, description }: StreamedArtifact): Transform {
  const hash = createHash('sha256');
  let byteLength = 0;
  let last: Buffer | null = null;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      byteLength += chunk.length;
      if (last !== null) this.push(last);
      last = chunk;
      done();
    },
    flush(done) {
      const found = hash.digest('hex');
      if (found === sha256) done(null, last);
      else done(damagedArtifact(sha256, description, byteLength, found));
    },
  });
}

function rangeStream({ sha256, description }: StreamedArtifact, range: ByteRange): Transform {
  let missing = range.end - range.start;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      // a server that knows no ranges sends more, and from the beginning
      if (chunk.length > missing) {
        done(
          new NatriumError(
            'UNAVAILABLE',
            `${description} does not answer ranges: it sent more of ${sha256} than asked for`,
          ),
        );
        return;
      }
      missing -= chunk.length;
      done(null, chunk);
    },
    flush(done) {
      done(missing === 0 ? null : shortArtifact(sha256, description, range));
    },
  });
}

/** Passes chunks on and says, once they are through, what they were. */
export class Hashed implements AsyncIterable<Uint8Array> {
  private readonly hash = createHash('sha256');
  private byteLength = 0;

  constructor(private readonly chunks: AsyncIterable<Uint8Array>) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.chunks) {
      this.hash.update(chunk);
      this.byteLength += chunk.byteLength;
      yield chunk;
    }
  }

  /** To be asked once. */
  result(): StoredBytes {
    return { sha256: this.hash.digest('hex'), byteLength: this.byteLength };
  }
}

/** @throws NatriumError BAD_USER_INPUT unless the range begins at a byte and ends there or behind it */
export function checkRange(range: ByteRange): void {
  const { start, end } = range;
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && end >= start) return;
  throw new NatriumError(
    'BAD_USER_INPUT',
    `bytes ${start} to ${end} are no range: give the first byte and the one after the last`,
  );
}
