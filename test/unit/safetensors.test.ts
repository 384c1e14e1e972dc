import { describe, expect, test } from 'vitest';
import {
  decodeSafetensors,
  encodeSafetensors,
  float32Tensor,
  MAX_HEADER_BYTES,
  type Tensor,
} from '../../src/ml/safetensors.ts';

/** A file with this header, as text or JSON, and so many bytes of data. */
function file(header: unknown, dataBytes = 0, declaredBytes?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, declaredBytes ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const entry = (shape: unknown, begin: unknown, end: unknown, dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const TENSORS = new Map<string, Tensor>([
  ['b', float32Tensor([3], Float32Array.of(1, -2.5, Number.NaN))],
  ['matrix', { dtype: 'F64', shape: [2, 1], data: Float64Array.of(Math.PI, -0) }],
  ['a "quoted" ß', float32Tensor([], Float32Array.of(3))],
  ['empty', float32Tensor([4, 0], new Float32Array(0))],
]);

describe('encodeSafetensors', () => {
  test('writes the format byte for byte', () => {
    const bytes = encodeSafetensors(new Map([['w', float32Tensor([1, 2], Float32Array.of(1, 2))]]), { k: 'v' });
    const text = '{"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}       ';
    expect(text.length).toBe(88);
    expect(new TextDecoder().decode(bytes.subarray(8, 96))).toBe(text);
    expect([...bytes.subarray(0, 8)]).toEqual([88, 0, 0, 0, 0, 0, 0, 0]);
    expect([...bytes.subarray(96)]).toEqual([0, 0, 128, 63, 0, 0, 0, 64]);
  });

  test('gives the same bytes in whatever order the tensors and metadata come', () => {
    const reversed = new Map([...TENSORS].reverse());
    expect(encodeSafetensors(reversed, { x: '1', a: '2' })).toEqual(encodeSafetensors(TENSORS, { a: '2', x: '1' }));
  });

  test('aligns the data of every tensor to its type', () => {
    const bytes = encodeSafetensors(TENSORS, {});
    const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)));
    expect((8 + headerBytes + header.matrix.data_offsets[0]) % 8).toBe(0);
    expect((8 + headerBytes + header.b.data_offsets[0]) % 4).toBe(0);
  });

  test.each([
    ['a reserved name', new Map([['__metadata__', float32Tensor([], Float32Array.of(1))]])],
    ['__proto__', new Map([['__proto__', float32Tensor([], Float32Array.of(1))]])],
    ['a shape of other size', new Map([['w', float32Tensor([2], Float32Array.of(1))]])],
    [
      'a type that the data do not have',
      new Map([['w', { dtype: 'F64', shape: [1], data: Float32Array.of(1) } as Tensor]]),
    ],
  ])('refuses %s', (_what, tensors) => {
    expect(() => encodeSafetensors(tensors, {})).toThrowError(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });
});

describe('decodeSafetensors', () => {
  test('reads back what was written, bit for bit', () => {
    const { tensors, metadata } = decodeSafetensors(encodeSafetensors(TENSORS, { a: 'ü', b: '' }), 'it');
    expect(metadata).toEqual({ a: 'ü', b: '' });
    expect(tensors.size).toBe(TENSORS.size);
    for (const [name, tensor] of TENSORS) expect(tensors.get(name)).toEqual(tensor);
  });

  test('reads a Buffer that is a piece of a larger one, as processes and drivers hand them over', () => {
    const bytes = encodeSafetensors(TENSORS, {});
    const pool = Buffer.alloc(bytes.length + 24);
    pool.set(bytes, 3);
    expect(decodeSafetensors(pool.subarray(3, 3 + bytes.length), 'it').tensors).toEqual(TENSORS);
  });

  test('reads files that start anywhere in a buffer, and copies their data', () => {
    const bytes = encodeSafetensors(TENSORS, {});
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const { tensors } = decodeSafetensors(shifted.subarray(3), 'it');
    shifted.fill(0);
    expect(tensors.get('matrix')!.data).toEqual(Float64Array.of(Math.PI, -0));
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /too few/],
    ['a header longer than the file', file({}, 0, 1000n), /longer than the file/],
    ['a header length of 2^63', file({}, 0, 2n ** 63n), /would have 9223372036854775808 bytes/],
    ['a huge header', file(`{${' '.repeat(MAX_HEADER_BYTES)}}`), /more than/],
    ['no JSON', file('{"a"'), /not JSON/],
    ['no UTF-8', new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe]), /not JSON/],
    ['an array', file('[]'), /not a JSON object/],
    [
      'a tensor called __proto__',
      file('{"__proto__":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', 4),
      /__proto__/,
    ],
    ['metadata called __proto__', file('{"__metadata__":{"__proto__":"x"}}'), /metadata/],
    ['metadata that are no text', file({ __metadata__: { a: 1 } }), /metadata/],
    ['a tensor that is no object', file({ w: 3 }), /must have dtype/],
    ['an unknown key', file({ w: { ...entry([1], 0, 4), more: 1 } }, 4), /must have dtype/],
    ['a missing key', file({ w: { dtype: 'F32', shape: [1] } }, 4), /must have dtype/],
    ['another type', file({ w: entry([1], 0, 8, 'I64') }, 8), /"I64"; convert/],
    ['an inherited name as type', file({ w: entry([1], 0, 4, 'toString') }, 4), /"toString"; convert/],
    ['a negative size', file({ w: entry([-1], 0, 4) }, 4), /shape/],
    ['a fractional size', file({ w: entry([0.5, 2], 0, 4) }, 4), /shape/],
    ['a shape that is no list', file({ w: entry('1', 0, 4) }, 4), /shape/],
    ['a rank of 17', file({ w: entry(Array(17).fill(1), 0, 4) }, 4), /shape/],
    ['a shape whose product wraps round', file({ w: entry([2 ** 32, 2 ** 32], 0, 0) }), /no F32 array/],
    ['an overflowing shape hidden by a zero', file({ w: entry([2 ** 40, 2 ** 40, 0], 0, 0) }), /no F32 array/],
    ['a shape larger than its bytes', file({ w: entry([1e12], 0, 4) }, 4), /no F32 array/],
    ['offsets in the wrong order', file({ w: entry([1], 4, 0) }, 4), /data_offsets/],
    ['three offsets', file({ w: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 8] } }, 4), /data_offsets/],
    ['offsets beyond the file', file({ w: entry([2], 0, 8) }, 4), /the file has 4/],
    ['overlapping tensors', file({ v: entry([2], 0, 8), w: entry([1], 4, 8) }, 8), /begin at 4 where 8 is due/],
    ['a gap', file({ v: entry([1], 0, 4), w: entry([1], 8, 12) }, 12), /begin at 8 where 4 is due/],
    ['data that nobody describes', file({ v: entry([1], 0, 4) }, 8), /the file has 8/],
  ])('refuses %s', (_what, bytes, reason) => {
    expect(() => decodeSafetensors(bytes, 'the weights of na/3')).toThrowError(
      expect.objectContaining({ code: 'CORRUPT_ARTIFACT', message: expect.stringMatching(reason) }),
    );
    expect(() => decodeSafetensors(bytes, 'the weights of na/3')).toThrow(/^the weights of na\/3 /);
  });
});
