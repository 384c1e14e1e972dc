/** Bytes in memory as a stream of one chunk. */
export async function* chunkOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/**
 * Looks at how a stream begins: its first `bytes` bytes, or all of a shorter one, and all its chunks again, to be read once.
 * Who does not read them closes the stream with `return`.
 */
export async function withHead(
  chunks: AsyncIterable<Uint8Array>,
  bytes: number,
): Promise<{ readonly head: Buffer; readonly all: ClosableChunks }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length < bytes) {
    // a stream may use its chunk again once it is asked for the next one
    if (parts.length > 0) parts.push(Buffer.from(parts.pop()!));
    const { done, value } = await iterator.next();
    if (done) break;
    parts.push(value);
    length += value.length;
  }
  const [first] = parts;
  const begin =
    parts.length === 1 ? Buffer.from(first.buffer, first.byteOffset, first.byteLength) : Buffer.concat(parts);
  return { head: begin.subarray(0, bytes), all: restored(begin, iterator) };
}

/** Unlike a generator it closes its stream also before it was begun. */
export interface ClosableChunks extends AsyncIterableIterator<Uint8Array> {
  return(): Promise<IteratorReturnResult<undefined>>;
}

function restored(begin: Uint8Array, rest: AsyncIterator<Uint8Array>): ClosableChunks {
  let isBegun = false;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      if (isBegun) return rest.next();
      isBegun = true;
      return Promise.resolve({ done: false, value: begin });
    },
    async return() {
      await rest.return?.();
      return { done: true, value: undefined };
    },
  };
}
