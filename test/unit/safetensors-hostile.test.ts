import { describe, expect, test } from 'vitest';
import {
  decodeSafetensors,
  encodeSafetensors,
  float32Tensor,
  MAX_HEADER_BYTES,
  MAX_TENSORS,
  type Tensor,
} from '../../src/ml/safetensors.ts';
import { Random } from '../../src/random.ts';
import { codeOf, MUTATIONS, mutated } from '../support/damaged-files.ts';

const TENSORS = new Map<string, Tensor>([
  ['matrix', float32Tensor([2, 3], Float32Array.of(1, -2, 3, Number.NaN, 5, 6))],
  ['vector', { dtype: 'F64', shape: [2], data: Float64Array.of(Math.PI, -0) }],
  ['scalar', float32Tensor([], Float32Array.of(7))],
  ['nothing', float32Tensor([4, 0], new Float32Array(0))],
]);

/** What the bytes say, read by nobody of ours. */
function plainly(bytes: Uint8Array): Map<string, { shape: number[]; bytes: Uint8Array }> {
  const start = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(Buffer.from(bytes.subarray(8, start)).toString());
  return new Map(
    Object.entries<{ shape: number[]; data_offsets: [number, number] }>(header)
      .filter(([name]) => name !== '__metadata__')
      .map(
        ([
          name,
          {
            shape,
            data_offsets: [from, to],
          },
        ]) => [name, { shape, bytes: bytes.slice(start + from, start + to) }],
      ),
  );
}

test('a damaged file is refused, or read as what it says', () => {
  const random = new Random(7);
  const file = encodeSafetensors(TENSORS, { a: 'b', parameters: '{"c":[1]}' });
  let read = 0;
  for (let k = 0; k < MUTATIONS; k++) {
    const bytes = mutated(file, random);
    try {
      const { tensors } = decodeSafetensors(bytes, 'it');
      const expected = plainly(bytes);
      expect(tensors.size).toBe(expected.size);
      for (const [name, { shape, data }] of tensors) {
        expect({ shape, bytes: new Uint8Array(data.buffer) }, name).toEqual(expected.get(name));
      }
      read++;
    } catch (error) {
      expect(codeOf(error)).toBe('CORRUPT_ARTIFACT');
    }
  }
  expect(read).toBeGreaterThan(MUTATIONS / 50);
  expect(read).toBeLessThan(MUTATIONS / 2);
});

/** A file with this header as text, and so many bytes of data. */
function file(header: string, dataBytes = 0): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const ONE = '"dtype":"F32","shape":[1],"data_offsets":[0,4]';
const shaped = (shape: string, offsets: string) =>
  `{"w":{"dtype":"F32","shape":[${shape}],"data_offsets":[${offsets}]}}`;

describe('what JavaScript reads and the format forbids', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['a tensor named twice', file(`{"w":{${ONE}},"w":{${ONE}}}`, 4), /has the name "w" twice/],
    ['one twice in other letters', file(`{"w":{${ONE}},"\\u0077":{${ONE}}}`, 4), /has the name "w" twice/],
    ['a key of a tensor twice', file(`{"w":{"dtype":"F32",${ONE}}}`, 4), /"dtype" twice/],
    ['metadata twice', file(`{"__metadata__":{},"__metadata__":{},"w":{${ONE}}}`, 4), /"__metadata__" twice/],
    ['a key of metadata twice', file(`{"__metadata__":{"a":"1","a":"2"},"w":{${ONE}}}`, 4), /"a" twice/],
    ['a size of 1.0', file(shaped('1.0', '0,4'), 4), /plain integers/],
    ['a size of 1e0', file(shaped('1e0', '0,4'), 4), /plain integers/],
    ['a size of -0', file(shaped('-0', '0,0')), /plain integers/],
    ['an offset of -0', file(shaped('1', '-0,4'), 4), /plain integers/],
    ['a size beyond exact integers', file(shaped('9007199254740993,0', '0,0')), /shape/],
    ['half a character in a name', file(`{"\\ud800":{${ONE}}}`, 4), /half of a character/],
    ['half a character in metadata', file(`{"__metadata__":{"a":"\\udc00"},"w":{${ONE}}}`, 4), /half of a character/],
    ['null as metadata', file(`{"__metadata__":null,"w":{${ONE}}}`, 4), /metadata must/],
    ['a mark of byte order', file('\ufeff{}'), /not JSON/],
    ['a header that ends in a text', file('{"w'), /not JSON/],
    ['a lonely quote and slash', file('"\\'), /not JSON/],
  ])('%s', (_what, bytes, reason) => {
    expect(() => decodeSafetensors(bytes, 'it')).toThrowError(
      expect.objectContaining({ code: 'CORRUPT_ARTIFACT', message: expect.stringMatching(reason) }),
    );
  });

  test('is not what the format allows: white space, escapes, names of every kind', () => {
    const spaced = file(
      ` { "constructor" : { "dtype" : "\\u004632" ,\n "shape":[ 1 ], "data_offsets":[0,4] }, "":{
      "dtype":"F32","shape":[0],"data_offsets":[4,4]} , "\\ud83d\\ude00" :{"dtype":"F64","shape":[],"data_offsets":[4,12]}}\n`,
      12,
    );
    expect([...decodeSafetensors(spaced, 'it').tensors.keys()]).toEqual(['constructor', '', '😀']);
  });
});

describe('a header that would cost more than it is worth', () => {
  const many = (count: number, entry: (k: number) => string) =>
    `{${Array.from({ length: count }, (_, k) => entry(k)).join()}}`;
  const full = Math.floor(MAX_HEADER_BYTES / 2.1);

  test.each<[string, string, RegExp]>([
    ['lists in lists', `{"w":${'['.repeat(full)}${']'.repeat(full)}}`, /nested more than 3 deep/],
    ['lists that never end', '['.repeat(2 * full), /nested more than 3 deep/],
    ['objects in objects', '{"a":'.repeat(300_000), /nested more than 3 deep/],
    [
      'too many tensors',
      many(60_000, (k) => `"${k}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`),
      /more than 10000/,
    ],
    [
      'one tensor too many',
      many(MAX_TENSORS + 1, (k) => `"${k}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`),
      /more than 10000/,
    ],
    ['too many lists', `{"w":[${'[],'.repeat(600_000)}[]]}`, /more than 10000/],
    ['too many names', many(350_000, (k) => `"${k}":1`), /more than 10000/],
  ])('%s', (_what, header, reason) => {
    const bytes = file(header);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decodeSafetensors(bytes, 'it')).toThrowError(
      expect.objectContaining({ code: 'CORRUPT_ARTIFACT', message: expect.stringMatching(reason) }),
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * bytes.length);
  });

  test('as many tensors as there may be are read', () => {
    const entry = (k: number) => `"${k}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`;
    const metadata = `"__metadata__":{${Array.from({ length: 100 }, (_, k) => `"${k}":""`).join()}}`;
    const header = many(MAX_TENSORS, entry).replace('{', `{${metadata},`);
    expect(decodeSafetensors(file(header), 'it').tensors.size).toBe(MAX_TENSORS);
  });

  test.each([
    ['a shape of 4 TiB', shaped('1099511627776', '0,4398046511104')],
    ['a shape whose bytes wrap round to 4', shaped('4611686018427387905', '0,4')],
    ['a shape whose product wraps round to 1', shaped('4294967296,4294967296', '0,4')],
    ['sizes that overflow behind a zero', shaped('0,1099511627776,1099511627776', '0,0')],
  ])('%s makes nothing', (_what, header) => {
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decodeSafetensors(file(header, 4), 'it')).toThrowError(
      expect.objectContaining({ code: 'CORRUPT_ARTIFACT' }),
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000);
  });
});
