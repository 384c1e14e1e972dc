import { describe, expect, it } from 'vitest';
import { chunkOf, type FileFormat, readItems, withFormat } from '../../src/chemistry/formats.ts';
import { LineCutter } from '../../src/chemistry/text/line-cutter.ts';
import { LARGEST_ITEM_CHARACTERS } from '../../src/chemistry/text/window.ts';
import { changed, fixtureSamples, inPieces, lehmer } from '../support/fuzz-corpus.ts';

const SIZES = [1, 7, 64, 4096];
const FRAME = '1\nProperties=species:S:1:pos:R:3 id=é𝔸\nNa 0 0 0\n';
const OBJECT = '{"symbols":["He"],"geometry":[0,0,0],"name":"é𝔸"}';
const CSV = 'label,atom,atoms,element,x_angstrom,y_angstrom,z_angstrom\n';

/** What each item of a file is, with its errors in full. */
async function items(chunks: AsyncIterable<Uint8Array>, format: FileFormat): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const item of readItems(chunks, 'x', format)) {
    const { error, ...rest } = { error: null, ...item };
    all.push(error === null ? rest : { ...rest, code: error.code, message: error.message, details: error.details });
  }
  return all;
}

async function summary(format: FileFormat, ...parts: (string | Buffer)[]): Promise<unknown[]> {
  async function* chunks() {
    for (const part of parts) yield* inPieces(Buffer.from(part), 1 << 20);
  }
  const all = (await items(chunks(), format)) as { line: number; label: string | null; code?: string }[];
  return all.map(({ line, label, code }) => [line, label, code ?? 'record']);
}

describe.each(fixtureSamples())('$name', ({ name, format, bytes }) => {
  it('is read the same however it is cut into chunks, whole or damaged', async () => {
    const random = lehmer(1 + name.length);
    for (let k = 0; k < 12; k++) {
      const input = k === 0 ? bytes : changed(bytes, random);
      const whole = await items(chunkOf(input), format);
      for (const size of SIZES) expect(await items(inPieces(input, size), format)).toEqual(whole);
    }
  });

  it('is recognised by its head, and loses nothing by it', async () => {
    for (const size of [1, 1000, 1 << 20]) {
      const { format: found, chunks } = await withFormat(inPieces(bytes, size));
      expect(found).toBe(format);
      const all: Uint8Array[] = [];
      for await (const chunk of chunks) all.push(Buffer.from(chunk));
      expect(Buffer.concat(all).equals(bytes)).toBe(true);
    }
  });
});

describe('a stream', () => {
  it.each(['EXTXYZ', 'QCSCHEMA', 'CSV', 'PROGRAM_OUTPUT'] as const)(
    'of %s is closed when it is left',
    async (format) => {
      let isClosed = false;
      async function* endless() {
        try {
          for (;;) yield Buffer.from(FRAME.repeat(3000));
        } finally {
          isClosed = true;
        }
      }
      for await (const _ of readItems(endless(), 'x', format)) break;
      expect(isClosed).toBe(true);
      isClosed = false;
      const { chunks } = await withFormat(endless());
      await chunks.return();
      expect(isClosed).toBe(true);
    },
  );

  it('may use the memory of its chunks again', async () => {
    const text = Buffer.from(FRAME.repeat(20));
    async function* reused() {
      const memory = Buffer.alloc(16);
      for await (const piece of inPieces(text, 16))
        yield memory.subarray(0, memory.fill(0) && text.copy(memory, 0, piece.byteOffset - text.byteOffset));
    }
    const { format, chunks } = await withFormat(reused());
    expect(await items(chunks, format!)).toEqual(await items(chunkOf(text), 'EXTXYZ'));
  });
});

describe('an item that is too large', () => {
  const large = 'x'.repeat(LARGEST_ITEM_CHARACTERS);

  it('is one error, and those behind it are read', async () => {
    const long = `2\n${large}\nNa 0 0 0\n`;
    expect(await summary('EXTXYZ', FRAME, long, FRAME)).toEqual([
      [1, 'é𝔸', 'record'],
      [4, null, 'TOO_LARGE'],
      [7, 'é𝔸', 'record'],
    ]);
    expect(await summary('CSV', CSV, `a,1,1,${large},0,0,0\n`, 'é𝔸,1,1,He,0,0,0\n')).toEqual([
      [2, null, 'TOO_LARGE'],
      [3, 'é𝔸', 'record'],
    ]);
    const object = `{"name":"${large}"}`;
    expect(await summary('QCSCHEMA', `${OBJECT}\n`, `${object}\n`, OBJECT)).toEqual([
      [1, 'é𝔸', 'record'],
      [2, null, 'TOO_LARGE'],
      [3, 'é𝔸', 'record'],
    ]);
    expect(await summary('QCSCHEMA', `[${OBJECT},\n\n`, object, `\n,${OBJECT}]`)).toEqual([
      [1, 'é𝔸', 'record'],
      [3, null, 'TOO_LARGE'],
      [4, 'é𝔸', 'record'],
    ]);
    expect(await summary('QCSCHEMA', `{\n"name":"${large}"\n}`)).toEqual([[1, null, 'TOO_LARGE']]);
  });

  it('is so however many lines it has', async () => {
    const row = `Na 0 0 0 ${'1'.repeat(900_000)}\n`;
    expect(await summary('EXTXYZ', '9999\n\n', row.repeat(40), FRAME)).toEqual([
      [1, null, 'TOO_LARGE'],
      [43, 'é𝔸', 'record'],
    ]);
    const cell = (atom: number) => `${'l'.repeat(900_000)},${atom},40,He,0,0,${atom}\n`;
    const rows = Array.from({ length: 40 }, (_, k) => cell(k + 1)).join('');
    expect(await summary('CSV', CSV, rows, 'é𝔸,1,1,He,0,0,0\n')).toEqual([
      [2, 'l'.repeat(900_000), 'TOO_LARGE'],
      [42, 'é𝔸', 'record'],
    ]);
  });
});

describe('LineCutter', () => {
  it('leaves one character more than a line may have, however the text is cut', () => {
    const random = lehmer(7);
    for (let k = 0; k < 300; k++) {
      const text = Array.from({ length: random(80) }, () => (random(6) === 0 ? '\n' : 'abc'[random(3)])).join('');
      const expected = text
        .split('\n')
        .map((line) => line.slice(0, 6))
        .join('\n');
      const cutter = new LineCutter(5);
      let cut = '';
      for (let at = 0; at < text.length; ) {
        const size = 1 + random(12);
        cut += cutter.push(text.slice(at, at + size));
        at += size;
      }
      expect(cut).toBe(expected);
    }
  });
});
