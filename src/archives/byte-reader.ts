const EMPTY = new Uint8Array(0);

/** Takes bytes off a stream of chunks, as many as are asked for. An error of the stream is met again by every later call. */
export class ByteReader {
  private readonly chunks: AsyncIterator<Uint8Array>;
  private rest: Uint8Array = EMPTY;
  private ended = false;
  private failure: unknown;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next `count` bytes, which stay to be read; fewer at the end of the stream. */
  async peek(count: number): Promise<Uint8Array> {
    while (this.rest.length < count) {
      const chunk = await this.nextChunk();
      if (chunk === null) break;
      this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    }
    return this.rest.subarray(0, count);
  }

  /** The next `count` bytes; fewer at the end of the stream. */
  async exactly(count: number): Promise<Uint8Array> {
    if (this.rest.length >= count) return this.take(count);
    const parts: Uint8Array[] = [];
    for (let missing = count; missing > 0; ) {
      const part = await this.some(missing);
      if (part === null) break;
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** Between 1 and `most` bytes, whatever is at hand; null at the end of the stream. */
  async some(most: number): Promise<Uint8Array | null> {
    if (this.rest.length === 0) {
      const chunk = await this.nextChunk();
      if (chunk === null) return null;
      this.rest = chunk;
    }
    return this.take(most);
  }

  /** All that is left. */
  async *all(): AsyncGenerator<Uint8Array> {
    for (let part = await this.some(Number.POSITIVE_INFINITY); part !== null; ) {
      yield part;
      part = await this.some(Number.POSITIVE_INFINITY);
    }
  }

  async close(): Promise<void> {
    this.ended = true;
    this.rest = EMPTY;
    await this.chunks.return?.();
  }

  private take(most: number): Uint8Array {
    const part = this.rest.subarray(0, most);
    this.rest = this.rest.subarray(part.length);
    return part;
  }

  /** The next chunk that is not empty; null at the end. */
  private async nextChunk(): Promise<Uint8Array | null> {
    if (this.failure !== undefined) throw this.failure;
    while (!this.ended) {
      try {
        const { done, value } = await this.chunks.next();
        if (done === true) this.ended = true;
        else if (value.length > 0) return value;
      } catch (error) {
        this.failure = error;
        throw error;
      }
    }
    return null;
  }
}
