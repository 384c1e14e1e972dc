import { NatriumError } from '../../../errors.ts';

const PAGE_BYTES = 65_536;
/** Below it lie the constants of the kernels. */
const FIRST_FREE = PAGE_BYTES;
const ALIGNMENT = 64;
const MOST_PAGES = 65_536;

/** Memory that the kernels compute in. What is allocated stays until the arena is dropped as a whole. */
export class Arena {
  readonly memory: WebAssembly.Memory;
  /** The memory as numbers; read anew after every allocation, which may replace them. */
  float32: Float32Array;
  uint32: Uint32Array;
  private top = FIRST_FREE;

  constructor() {
    this.memory = new WebAssembly.Memory({ initial: 2, maximum: MOST_PAGES });
    this.float32 = new Float32Array(this.memory.buffer);
    this.uint32 = new Uint32Array(this.memory.buffer);
  }

  /** Address of room for so many numbers of four bytes, all zero. */
  allocate(numbers: number): number {
    const address = this.top;
    // one line more, so that large arrays do not all begin on the same line of the cache
    this.top += Math.ceil((4 * numbers) / ALIGNMENT) * ALIGNMENT + ALIGNMENT;
    const missing = Math.ceil((this.top - this.memory.buffer.byteLength) / PAGE_BYTES);
    if (missing > 0) this.grow(missing);
    return address;
  }

  /** The numbers at an address, as a view. */
  floats(address: number, count: number): Float32Array {
    return this.float32.subarray(address / 4, address / 4 + count);
  }

  private grow(missing: number): void {
    const pages = this.memory.buffer.byteLength / PAGE_BYTES;
    // some more than is missing, since growing may copy everything
    const wanted = Math.max(missing, Math.min(Math.floor(missing + pages / 16), MOST_PAGES - pages));
    try {
      this.memory.grow(wanted);
    } catch (cause) {
      throw new NatriumError(
        'TOO_LARGE',
        'SchNet needs more memory than 4 GiB, or than this machine has; take smaller batches, fewer features or a shorter cutoff',
        {},
        { cause },
      );
    }
    this.float32 = new Float32Array(this.memory.buffer);
    this.uint32 = new Uint32Array(this.memory.buffer);
  }
}
