import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CalculationRecord } from '../../src/chemistry/calculation-record.ts';
import { atomCsvColumns, writeAtomCsv } from '../../src/chemistry/csv.ts';
import { parseExtxyz } from '../../src/chemistry/extxyz.ts';
import type { FileFormat } from '../../src/chemistry/formats.ts';
import { writeQcSchema } from '../../src/chemistry/qcschema.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));
const REAL_OUTPUTS = fileURLToPath(new URL('../../../shared/data/logs/', import.meta.url));

/** A file of a known format to make others from. */
export interface Sample {
  readonly name: string;
  readonly format: FileFormat;
  readonly bytes: Buffer;
}

/** A number below the one given. */
export type Random = (below: number) => number;

/** A small generator of its own, so that a failure can be repeated: Lehmer's, modulo 2^31 - 1. */
export function lehmer(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** Every fixture, and complete.extxyz in each other format. */
export function fixtureSamples(): Sample[] {
  const frames = readdirSync(FIXTURES).filter((name) => name.endsWith('.extxyz'));
  const outputs = readdirSync(`${FIXTURES}outputs`).map((name) => `outputs/${name}`);
  const formatOf = (name: string) => (name.endsWith('.extxyz') ? 'EXTXYZ' : 'PROGRAM_OUTPUT');
  const complete = [...parseExtxyz(readFileSync(`${FIXTURES}complete.extxyz`, 'utf8'), 'complete.extxyz')];
  const records = complete.flatMap((item): CalculationRecord[] => ('record' in item ? [item.record] : []));
  const lines = [...writeQcSchema(records)];
  const entries = records.map((record) => ({ record, calculation: 'a "b"\nc', features: null }));
  const made: [string, FileFormat, string][] = [
    ['lines.json', 'QCSCHEMA', lines.join('')],
    ['array.json', 'QCSCHEMA', `[${lines.join(',')}]`],
    ['object.json', 'QCSCHEMA', JSON.stringify(JSON.parse(lines[0]), null, 2)],
    ['atoms.csv', 'CSV', [...writeAtomCsv(entries, atomCsvColumns(records))].join('')],
    ['bom-crlf.extxyz', 'EXTXYZ', `\uFEFF${readFileSync(`${FIXTURES}${frames[0]}`, 'utf8').replaceAll('\n', '\r\n')}`],
  ];
  return [
    ...frames.map((name) => sample(FIXTURES, name, 'EXTXYZ')),
    ...outputs.filter((name) => !name.endsWith('.md')).map((name) => sample(FIXTURES, name, formatOf(name))),
    ...made.map(([name, format, text]) => ({ name, format, bytes: Buffer.from(text) })),
  ];
}

/** The outputs of ../shared/data/logs; none where the project stands alone. */
export function realSamples(): Sample[] {
  if (!existsSync(REAL_OUTPUTS)) return [];
  const names = readdirSync(REAL_OUTPUTS).filter((name) => /\.(log|out)$/.test(name));
  return names.map((name) => sample(REAL_OUTPUTS, name, 'PROGRAM_OUTPUT'));
}

function sample(folder: string, name: string, format: FileFormat): Sample {
  return { name, format, bytes: readFileSync(`${folder}${name}`) };
}

/** As many inputs as asked: each sample cut at every 1,000 bytes, then, in turn, changed ones. */
export function* fuzzInputs(samples: readonly Sample[], count: number, seed: number): Generator<Sample> {
  let left = count;
  for (const { name, format, bytes } of samples) {
    for (let end = 0; end < bytes.length && left > 0; end += 1000, left--) {
      yield { name: `${name} cut at ${end}`, format, bytes: bytes.subarray(0, end) };
    }
  }
  const random = lehmer(seed);
  for (; left > 0; left--) {
    const { name, format, bytes } = samples[left % samples.length];
    yield { name: `${name} changed, ${left} before the last`, format, bytes: changed(bytes, random) };
  }
}

const NUMBERS = [
  '********',
  '1e999',
  'nan',
  '-inf',
  '1.0D+02',
  '1.0D+999',
  '99999999999',
  '1000000000',
  '-1',
  '0x10',
  '',
];
const PIECES = [
  '\0',
  '\n',
  '\r',
  '\uFEFF',
  '"',
  "'",
  ',',
  '{',
  '[',
  ']',
  '}',
  '\\',
  '=',
  '\u2028',
  '𝔸',
  '\n\n',
  '1\n',
  '{}\n',
];

/** A sample with one to four changes. */
export function changed(bytes: Buffer, random: Random): Buffer {
  let result = bytes;
  for (let times = 1 + random(4); times > 0; times--) result = change(result, random);
  return result;
}

function change(bytes: Buffer, random: Random): Buffer {
  if (bytes.length === 0) return Buffer.from(PIECES[random(PIECES.length)]);
  const at = random(bytes.length);
  const length = 1 + random(300);
  const other = random(bytes.length);
  const spliced = (from: number, to: number, ...between: Uint8Array[]) =>
    Buffer.concat([bytes.subarray(0, from), ...between, bytes.subarray(to)]);
  switch (random(10)) {
    case 0:
      return spliced(at, at + 1, Buffer.of(bytes[at] ^ (1 << random(8))));
    case 1:
      return spliced(at, at + length);
    case 2:
      return spliced(at, at, bytes.subarray(other, other + 10 * length));
    case 3: {
      const [from, to] = numberNear(bytes, at);
      return spliced(from, to, Buffer.from(NUMBERS[random(NUMBERS.length)]));
    }
    case 4: {
      const [first, second] = [Math.min(at, other), Math.max(at, other)];
      const middle = bytes.subarray(Math.min(first + length, second), second);
      const moved = bytes.subarray(first, Math.min(first + length, second));
      return spliced(first, second + length, bytes.subarray(second, second + length), middle, moved);
    }
    case 5: {
      const encoding = (['latin1', 'utf16le', 'base64'] as const)[random(3)];
      return spliced(at, at + length, Buffer.from(bytes.toString('latin1', at, at + length), encoding));
    }
    case 6:
      return spliced(
        at,
        at,
        Uint8Array.from({ length }, () => random(256)),
      );
    case 7: {
      const line = bytes.indexOf('\n', at) + 1;
      const end = bytes.indexOf('\n', line) + 1;
      return end > line
        ? spliced(line, random(2) === 0 ? end : line, bytes.subarray(line, end), bytes.subarray(line, end))
        : bytes;
    }
    case 8:
      return spliced(at, at, Buffer.from(PIECES[random(PIECES.length)].repeat(length)));
    default:
      return spliced(at, at + 1, Buffer.from(PIECES[random(PIECES.length)]));
  }
}

function numberNear(bytes: Buffer, at: number): [number, number] {
  const found = /[-+.\dEeD]*\d[-+.\dEeD]*/.exec(bytes.toString('latin1', at, at + 400));
  return found === null ? [at, at] : [at + found.index, at + found.index + found[0].length];
}

/** An input that is large, and so is made as it is read. */
export interface LargeInput {
  readonly name: string;
  readonly format: FileFormat;
  readonly chunks: () => AsyncIterable<Uint8Array>;
}

const CSV_HEADER = 'atom,atoms,element,x_angstrom,y_angstrom,z_angstrom\n';

/**
 * Lines of 100 MB, brackets, quotes and spaces without end, atoms by the thousand million, and files of nothing but errors.
 * @param scale makes them smaller
 */
export function largeInputs(scale = 1): LargeInput[] {
  const large = (format: FileFormat, begin: string, over: string, megabytes = 100): LargeInput => ({
    name: `${format}: ${JSON.stringify(begin.slice(-20))} and ${megabytes} MB of ${JSON.stringify(over)}`,
    format,
    chunks: () => repeated(begin, over, scale * megabytes * 1e6),
  });
  return [
    ...['1', ' ', '[', '"', ',', 'é', '\\', '1 '].flatMap((over) => [
      large('EXTXYZ', '1\n', over),
      large('EXTXYZ', '1\n\nH ', over),
      large('CSV', CSV_HEADER, over),
      large('CSV', `${CSV_HEADER}"`, over),
      large('QCSCHEMA', '{"a":', over),
      large('QCSCHEMA', '["', over),
      large('PROGRAM_OUTPUT', ' Entering Gaussian System\n', over),
    ]),
    large('EXTXYZ', '1000000000\nProperties=species:S:1:pos:R:3\n', 'H 0 0 0\n', 16),
    large('EXTXYZ', '', '99999999999\na=1\nH 0 0 0\n', 1),
    large('CSV', `${CSV_HEADER}1,1000000000,H,0,0,0\n`, '2,1000000000,H,0,0,0\n', 16),
    large('QCSCHEMA', '[', '{"symbols":["H"],"geometry":[0,0]},', 4),
    large('CSV', CSV_HEADER, '1,1,Zz,0,0,0\n', 1),
    large('EXTXYZ', '', 'Properties=x\n', 1),
  ];
}

async function* repeated(begin: string, over: string, bytes: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from(begin);
  const chunk = Buffer.from(over.repeat(65_520 / Buffer.byteLength(over)));
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
}

/** The bytes in pieces of `size`. */
export async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
