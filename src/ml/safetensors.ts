import { NatriumError } from '../errors.ts';
import { isCount, isListOf, isRecord } from './json-values.ts';
import { headerFaults } from './safetensors-header.ts';

/** One array of a safetensors file, row-major. */
export interface Tensor {
  readonly dtype: 'F32' | 'F64';
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

export type NamedTensors = ReadonlyMap<string, Tensor>;

/** The header of a file may have at most this many bytes, so that hostile bytes cannot make JSON of any size. */
export const MAX_HEADER_BYTES = 4 * 1024 * 1024;

/** More than twenty times as many as a checkpoint of the largest network has. */
export const MAX_TENSORS = 10_000;

const BYTES_PER_ELEMENT = { F32: 4, F64: 8 } as const;
const METADATA = '__metadata__';
const PREFIX_BYTES = 8;
const MAX_RANK = 16;

/** A float32 tensor; the data are not copied. */
export function float32Tensor(shape: readonly number[], data: Float32Array): Tensor {
  return { dtype: 'F32', shape, data };
}

/**
 * Writes the safetensors format (https://github.com/huggingface/safetensors): the length of the header as a little-endian
 * uint64, the JSON header, the data without gaps. The same tensors and metadata give the same bytes: float64 before
 * float32, each sorted by name, metadata sorted by key, the header padded with spaces so that the data are 8-byte aligned.
 *
 * Throws `BAD_USER_INPUT` for a name the format reserves or a shape that its data do not have.
 */
export function encodeSafetensors(tensors: NamedTensors, metadata: Readonly<Record<string, string>>): Uint8Array {
  const order = [...tensors.keys()].sort((left, right) => {
    const [a, b] = [tensors.get(left)!.dtype, tensors.get(right)!.dtype];
    return a === b ? compareText(left, right) : compareText(b, a);
  });
  const entries: string[] = [];
  const metadataText = Object.entries(metadata)
    .sort(([left], [right]) => compareText(left, right))
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  if (metadataText.length > 0) entries.push(`"${METADATA}":{${metadataText.join(',')}}`);
  let dataBytes = 0;
  for (const name of order) {
    const { dtype, shape, data } = tensors.get(name)!;
    const valid = (dtype === 'F32') === data instanceof Float32Array && elementCount(shape) === data.length;
    if (name === METADATA || name === '__proto__' || !valid) {
      throw new NatriumError(
        'BAD_USER_INPUT',
        `The tensor ${JSON.stringify(name)} cannot be written: ${
          valid ? 'the name is reserved' : `${data.length} numbers are no ${dtype} array of shape [${shape}]`
        }.`,
      );
    }
    const end = dataBytes + data.byteLength;
    entries.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${dataBytes},${end}]}`,
    );
    dataBytes = end;
  }
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(PREFIX_BYTES + headerBytes + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, PREFIX_BYTES, PREFIX_BYTES + headerBytes);
  bytes.set(json, PREFIX_BYTES);
  let offset = PREFIX_BYTES + headerBytes;
  for (const name of order) {
    const { data } = tensors.get(name)!;
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file with float32 and float64 tensors. Nothing is trusted: every length, offset and shape is checked
 * before an array is made, and the data must be covered without gap or overlap. What the reference reader refuses is refused;
 * so are names given twice, tensors that are no object of the three keys, `null` as metadata, a tensor called `__proto__`, sizes
 * above 2^53, ranks above 16, more than 10,000 tensors and headers above 4 MiB.
 *
 * @param what names the file in the error, such as `the weights of na/3`
 * @throws NatriumError `CORRUPT_ARTIFACT` naming `what`, the tensor and the reason
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  what: string,
): { tensors: NamedTensors; metadata: Record<string, string> } {
  const { layouts, metadata, dataStart } = readLayouts(bytes, what);
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin, end } of layouts) {
    // a copy, because the data of a foreign file need not be aligned; a Buffer's own slice would be a view
    const { buffer } = Uint8Array.prototype.slice.call(bytes, dataStart + begin, dataStart + end);
    tensors.set(name, { dtype, shape, data: dtype === 'F32' ? new Float32Array(buffer) : new Float64Array(buffer) });
  }
  return { tensors, metadata };
}

/** The metadata of a file that can be read; no tensor is made. Throws as `decodeSafetensors` does. */
export function safetensorsMetadata(bytes: Uint8Array, what: string): Record<string, string> {
  return readLayouts(bytes, what).metadata;
}

interface TensorLayout {
  readonly name: string;
  readonly dtype: Tensor['dtype'];
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** Where the tensors lie, in the order of their data, which they cover. */
function readLayouts(bytes: Uint8Array, what: string) {
  const { header, content, dataStart } = readHeader(bytes, what);
  const dataBytes = bytes.length - dataStart;
  const layouts: TensorLayout[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === METADATA) metadata = readMetadata(entry, what);
    else layouts.push(readLayout(name, entry, what));
  }
  if (content !== null) throw corrupt(what, `its header ${content}`);
  if (layouts.length > MAX_TENSORS) throw corrupt(what, `its header describes more than ${MAX_TENSORS} tensors`);
  layouts.sort((left, right) => left.begin - right.begin || left.end - right.end);
  let expected = 0;
  for (const { name, begin, end } of layouts) {
    if (begin !== expected) {
      throw corrupt(
        what,
        `the data of ${JSON.stringify(name.slice(0, 200))} begin at ${begin} where ${expected} is due`,
      );
    }
    expected = end;
  }
  if (expected !== dataBytes) {
    throw corrupt(what, `its header describes ${expected} bytes of data, the file has ${dataBytes}`);
  }
  return { layouts, metadata, dataStart };
}

function readHeader(bytes: Uint8Array, what: string) {
  if (bytes.length < PREFIX_BYTES + 2) throw corrupt(what, `${bytes.length} bytes are too few`);
  const declared = new DataView(bytes.buffer, bytes.byteOffset, PREFIX_BYTES).getBigUint64(0, true);
  if (declared > BigInt(MAX_HEADER_BYTES)) {
    throw corrupt(what, `its header would have ${declared} bytes, more than ${MAX_HEADER_BYTES}`);
  }
  const dataStart = PREFIX_BYTES + Number(declared);
  if (dataStart > bytes.length) throw corrupt(what, `its header of ${declared} bytes is longer than the file`);
  const text = readText(bytes.subarray(PREFIX_BYTES, dataStart), what);
  const { size, content } = headerFaults(text, MAX_TENSORS);
  if (size !== null) throw corrupt(what, `its header ${size}`);
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw corrupt(what, 'its header is not JSON', error);
  }
  if (!isRecord(header)) throw corrupt(what, 'its header is not a JSON object');
  if (Object.hasOwn(header, '__proto__')) throw corrupt(what, 'a tensor has the name "__proto__"');
  return { header, content, dataStart };
}

function readText(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw corrupt(what, 'its header is not JSON, which is UTF-8', error);
  }
}

function readMetadata(entry: unknown, what: string): Record<string, string> {
  const valid =
    isRecord(entry) &&
    !Object.hasOwn(entry, '__proto__') &&
    Object.values(entry).every((value) => typeof value === 'string');
  if (!valid) throw corrupt(what, 'its metadata must map names to texts');
  return entry as Record<string, string>;
}

function readLayout(name: string, entry: unknown, what: string): TensorLayout {
  const fail = (reason: string) => corrupt(what, `the tensor ${JSON.stringify(name.slice(0, 200))} ${reason}`);
  const keys = isRecord(entry) ? Object.keys(entry) : [];
  if (!isRecord(entry) || keys.length !== 3 || keys.sort().join() !== 'data_offsets,dtype,shape') {
    throw fail('must have dtype, shape and data_offsets, and nothing else');
  }
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32' && dtype !== 'F64') {
    throw fail(`is of type ${JSON.stringify(dtype)?.slice(0, 40)}; convert it to F32 or F64`);
  }
  if (!isListOf(shape, isCount) || shape.length > MAX_RANK) {
    throw fail(`must have a shape of at most ${MAX_RANK} integers that are not negative`);
  }
  if (!isListOf(offsets, isCount) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw fail('must have data_offsets of two integers, begin and end');
  }
  const [begin, end] = offsets;
  const elements = elementCount(shape);
  if (elements * BYTES_PER_ELEMENT[dtype] !== end - begin) {
    throw fail(`has ${end - begin} bytes, which is no ${dtype} array of shape [${shape}]`);
  }
  return { name, dtype, shape, begin, end };
}

/** Product of a shape, or NaN when it, or a part of it, is beyond exact integers. */
function elementCount(shape: readonly number[]): number {
  let product = 1;
  let isEmpty = false;
  for (const size of shape) {
    if (size === 0) isEmpty = true;
    else product *= size;
    if (!Number.isSafeInteger(product * 8)) return Number.NaN;
  }
  return isEmpty ? 0 : product;
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function corrupt(what: string, reason: string, cause?: unknown): NatriumError {
  return new NatriumError(
    'CORRUPT_ARTIFACT',
    `${what} cannot be read as safetensors: ${reason}. Store or upload the file again.`,
    {},
    { cause },
  );
}
