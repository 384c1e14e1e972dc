import { NatriumError } from '../../src/errors.ts';
import type { Random } from '../../src/random.ts';

/** How often a file is damaged in a test. */
export const MUTATIONS = 2000;

/** A safetensors file with a bit turned, a piece cut out, put in, repeated or exchanged with another; now and then in the length, mostly in the header. */
export function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  const header = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const place = () => random.integer(random.integer(4) === 0 ? bytes.length : header);
  const [a, b] = [place(), place()].sort((x, y) => x - y);
  const piece = (from: number, to: number) => [...bytes.subarray(from, to)];
  switch (random.integer(6)) {
    case 0: {
      const turned = bytes.slice();
      turned[a] ^= 1 << random.integer(8);
      return turned;
    }
    case 1:
      return bytes.slice(0, a);
    case 2:
      return Uint8Array.from([...piece(0, a), ...piece(b, bytes.length)]);
    case 3:
      return Uint8Array.from([...piece(0, a), random.integer(256), ...piece(a, bytes.length)]);
    case 4: {
      const digits = new TextEncoder().encode('{}[]":,0189-e.\\ "__proto__"'.slice(0, 1 + random.integer(26)));
      const changed = bytes.slice();
      changed.set(digits.subarray(0, bytes.length - a), a);
      return changed;
    }
    default: {
      const length = Math.min(b - a, bytes.length - b, 1 + random.integer(64));
      const swapped = bytes.slice();
      swapped.set(bytes.subarray(b, b + length), a);
      swapped.set(bytes.subarray(a, a + length), b);
      return swapped;
    }
  }
}

/** The code of an error that callers may see; throws any other on. */
export function codeOf(error: unknown): string {
  if (error instanceof NatriumError) return error.code;
  throw error;
}
