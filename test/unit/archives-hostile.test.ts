import { mkdtemp, readdir, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openEntries } from '../../src/archives/entries.ts';
import { packedTar, paxHeader, readArchive, tarMember, tarOf, withFile, zipOf } from '../support/archives.ts';

const MIB = 2 ** 20;
const FILES: Record<string, string> = {
  'one.log': 'Entering Link 1\n'.repeat(20),
  'set/two.out': `${Array.from({ length: 25 }, (_, k) => Math.sin(k)).join('\n')}\n`,
  'three.xyz': '1\n\nH 0 0 0\n',
};
const TEXTS = Object.values(FILES);
const MEMBERS = Object.entries(FILES).map(([name, content], k) => ({ name, content, method: k === 0 ? 0 : 8 }));

const GOOD: readonly [string, () => Promise<Buffer> | Buffer][] = [
  ['tar', () => packedTar(FILES)],
  ['tar.gz', async () => gzipSync(await packedTar(FILES))],
  ['gz', () => Buffer.concat(TEXTS.map((text) => gzipSync(text)))],
  ['zip', () => zipOf(MEMBERS)],
  [
    'zip64',
    () =>
      zipOf(
        MEMBERS.map((member) => ({ ...member, zip64: true, dataDescriptor: true })),
        { zip64: true },
      ),
  ],
];

describe('bounds of what comes out', () => {
  const zeros = Buffer.alloc(100 * MIB);

  it('stops a gzip bomb soon after 64 MiB', async () => {
    const { entries } = await readArchive(gzipSync(zeros), 'bomb.log.gz');
    expect(entries[0].error?.code).toBe('TOO_LARGE');
    expect(entries[0].error?.details).toEqual({ file: 'bomb.log.gz', entry: 'bomb.log', bound: 'ratio' });
    expect(entries[0].error?.message).toMatch(/^bomb.log.gz: bomb.log: it unpacks to more than 200 times .* split it/);
    expect(entries[0].bytes.length).toBeLessThan(65 * MIB);
  });

  it('stops a tar.gz bomb also when its entry is not read, and says so again', async () => {
    const tar = tarOf({ content: 'good' }, { name: 'b', content: zeros });
    await withFile(gzipSync(tar), async (path) => {
      const generator = openEntries(path, 'bomb.tgz');
      await generator.next();
      await generator.next();
      await expect(generator.next()).rejects.toMatchObject({ code: 'TOO_LARGE', details: { entry: 'b' } });
    });
    const { entries, failure } = await readArchive(gzipSync(tar), 'bomb.tgz');
    expect(entries.map(({ error }) => error?.code)).toEqual([undefined, 'TOO_LARGE']);
    expect(failure).toBe(entries[1].error);
  });

  it('stops a zip archive whose many entries share one body', async () => {
    const content = Buffer.alloc(10 * MIB);
    const shared = {
      ...{ offset: 0, crc: crc32(content), declaredSize: content.length },
      declaredPackedSize: deflateRawSync(content).length,
    };
    const others = Array.from({ length: 100 }, (_, k) => ({ name: `${k + 1}`, ...shared }));
    const { entries, failure } = await readArchive(zipOf([{ name: '0', content }, ...others]), 'bomb.zip');
    expect(entries.map(({ error }) => error?.code)).toEqual([...Array(6).fill(undefined), 'TOO_LARGE']);
    expect(failure?.details).toEqual({ file: 'bomb.zip', entry: '6', bound: 'ratio' });
  });

  it.each(GOOD)('holds the total of bytes: %s', async (_, build) => {
    const file = await build();
    const total = TEXTS.join('').length;
    const { entries, failure } = await readArchive(file, 'x', { totalBytes: total - 1 });
    const codes = [...entries.map(({ error }) => error?.code), failure?.code];
    expect(codes).toContain('TOO_LARGE');
    expect((await readArchive(file, 'x', { totalBytes: total + 20_000 })).failure).toBeNull();
  });

  it('holds the total for a file that is no archive', async () => {
    const { entries } = await readArchive(Buffer.alloc(500), 'x.log', { totalBytes: 499 });
    expect(entries).toHaveLength(0);
    const long = await readArchive(Buffer.alloc(MIB), 'x.log', { totalBytes: MIB - 1 });
    expect(long.entries[0].error?.details).toEqual({ file: 'x.log', bound: 'totalBytes' });
  });

  it('holds the number of entries, refused ones and folders too', async () => {
    const names = ['a', 'folder/', '../x', 'b', 'c'];
    for (const file of [zipOf(names.map((name) => ({ name }))), tarOf(...names.map((name) => ({ name })))]) {
      const { entries, failure } = await readArchive(file, 'x', { entries: 4 });
      expect(entries.map(({ name }) => name)).toEqual(['a', '../x', 'b']);
      expect(failure).toMatchObject({ code: 'TOO_LARGE', details: { bound: 'entries' } });
      expect((await readArchive(file, 'x', { entries: 5 })).failure).toBeNull();
    }
  });

  it('bounds the headers of tar, whatever they declare', async () => {
    for (const type of ['x', 'g', 'L', 'K']) {
      const { failure } = await readArchive(tarOf({ name: 'pax', type, size: 2 ** 30 }), 'x');
      expect(failure).toMatchObject({ code: 'TOO_LARGE', details: { bound: 'headerBytes' } });
    }
    const many = Array.from({ length: 3000 }, (_, k) => paxHeader({ path: `${k}`, comment: 'c'.repeat(3000) }));
    const read = await readArchive(tarOf(...many, { content: 'x' }), 'x');
    expect(read.entries.map(({ name }) => name)).toEqual(['2999']);
  });
});

describe('damaged archives', () => {
  it.each(GOOD)('cut at every offset: %s', async (kind, build) => {
    const whole = await build();
    const isTar = kind === 'tar';
    for (let length = 2; length < whole.length; length += isTar ? 9 : 1) {
      const { entries, failure } = await readArchive(whole.subarray(0, length), 'cut');
      const error = failure ?? entries.find((entry) => entry.error !== null)?.error ?? null;
      const kindIsLost = length < 4 || (isTar && length < 512);
      // what remains of the end mark is enough, and a gzip file may end after any of its members
      const isWhole = kind === 'gz' ? TEXTS.join('').startsWith(entries[0]?.bytes.toString()) : isTar;
      if (error === null) expect(kindIsLost || isWhole, `${length}`).toBe(true);
      else expect(error).toMatchObject({ code: 'MALFORMED_FILE', details: { file: 'cut' } });
      if (isTar && length <= whole.length - 1024) expect(kindIsLost || error !== null, `${length}`).toBe(true);
      if (kind.startsWith('zip') && length >= 4) expect(failure, `${length}`).not.toBeNull();
    }
  });

  it.each(GOOD)('one byte changed at every offset: %s', async (kind, build) => {
    const whole = await build();
    const expected = kind === 'gz' ? [TEXTS.join('')] : TEXTS;
    for (let offset = 0; offset < whole.length; offset++) {
      const changed = Buffer.from(whole);
      changed[offset] ^= offset % 2 === 0 ? 0xff : 0x01;
      const { entries, failure } = await readArchive(changed, 'changed');
      const isPlain = entries[0]?.name === 'changed' && kind !== 'gz' && entries[0].bytes.equals(changed);
      if (isPlain || (kind === 'gz' && offset < 2)) continue;
      const isComplete = failure === null && entries.every(({ error }) => error === null);
      const texts = entries.filter(({ error }) => error === null).map(({ bytes }) => bytes.toString());
      if (isComplete && kind === 'tar') expect(texts.map((text) => text.length)).toEqual(expected.map((t) => t.length));
      else if (isComplete) expect(texts, `${offset}`).toEqual(expected);
      else if (kind.startsWith('zip')) for (const text of texts) expect(expected).toContain(text);
    }
  });

  it.each([
    ['an entry larger than the archive', tarMember({ content: 'x', size: 10_000 }), 'ends early'],
    ['an entry smaller than its content', tarOf({ content: 'x'.repeat(2000), size: 10 }), 'its size is wrong'],
    ['a negative size', tarOf({ size: Buffer.alloc(12, 0xff) }), 'header after it is damaged'],
    ['a size beyond 2^53', tarOf({ size: Buffer.from([0x80, ...Array(11).fill(0xee)]) }), 'damaged'],
    ['a size in no digits', tarOf({ size: Buffer.from('12x45678901 ') }), 'damaged'],
    ['a pax size in no digits', tarOf(paxHeader({ size: '-1' }), { content: 'x' }), 'pax'],
    ['a pax header in no records', tarOf({ type: 'x', content: 'no records' }, { content: 'x' }), 'pax'],
    ['no end mark', tarMember({ content: 'x' }), 'ends early'],
    ['content after the end', Buffer.concat([tarOf({ content: 'x' }), Buffer.from('more')]), 'goes on after'],
  ])('tar: %s', async (_, tar, words) => {
    for (const file of [tar, gzipSync(tar)]) {
      const { entries, failure } = await readArchive(file, 'up.tar');
      const error = entries.find((entry) => entry.error !== null)?.error ?? failure;
      expect(error).toMatchObject({ code: 'MALFORMED_FILE', message: expect.stringContaining(words) });
    }
  });

  it('gzip: a wrong length, and bytes that are no member after the last', async () => {
    const wrong = gzipSync('text');
    wrong[wrong.length - 4] ^= 1;
    for (const file of [wrong, Buffer.concat([gzipSync('text'), Buffer.from('more')])]) {
      const { entries, failure } = await readArchive(file, 'x.gz');
      expect(failure ?? entries[0].error).toMatchObject({ code: 'MALFORMED_FILE' });
    }
  });

  it.each([
    ['fewer entries declared than there are', zipOf(MEMBERS, { entryCount: 2 })],
    ['none declared', zipOf(MEMBERS, { entryCount: 0 })],
    ['more declared', zipOf(MEMBERS, { entryCount: 4 })],
    ['2^62 declared', zipOf(MEMBERS, { entryCount: 2 ** 62, zip64: true })],
    ['no directory', zipOf(MEMBERS).subarray(0, 100)],
  ])('zip: %s', async (_, zip) => {
    const { failure } = await readArchive(zip, 'up.zip');
    expect(failure).toMatchObject({ code: 'MALFORMED_FILE', details: { file: 'up.zip' } });
  });

  it('zip: positions beyond what a number holds', async () => {
    const zip = zipOf(MEMBERS, { zip64: true });
    const locator = zip.lastIndexOf(Buffer.from('PK\x06\x07'));
    const record = zip.lastIndexOf(Buffer.from('PK\x06\x06'));
    for (const offset of [locator + 8, record + 48]) {
      const changed = Buffer.from(zip);
      changed.fill(0xff, offset, offset + 8);
      expect((await readArchive(changed, 'up.zip')).failure).toMatchObject({ code: 'MALFORMED_FILE' });
    }
  });
});

describe('readers that stop early', () => {
  const content = Array.from({ length: 200_000 }, (_, k) => `${k}\n`).join('');
  const members = ['a', 'b', 'c'].map((name) => ({ name, content: name + content }));
  const files = [
    zipOf(members),
    tarOf(...members),
    gzipSync(tarOf(...members)),
    gzipSync(content),
    Buffer.from(content),
  ];

  it('in an entry or before it: the next is read from its start', async () => {
    for (const file of files.slice(0, 3)) {
      await withFile(file, async (path) => {
        const starts: string[] = [];
        for await (const entry of openEntries(path, 'x')) {
          if (entry.name === 'b') continue;
          if ('error' in entry) throw entry.error;
          for await (const chunk of entry.bytes) {
            starts.push(Buffer.from(chunk.subarray(0, 3)).toString());
            break;
          }
        }
        expect(starts).toEqual(['a0\n', 'c0\n']);
      });
    }
  });

  it('leave no open file and write nothing, however they stop', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'natrium-cwd-'));
    const home = process.cwd();
    process.chdir(folder);
    const openFiles = async (): Promise<number> => (await readdir('/dev/fd')).length;
    try {
      for (const file of [...files, gzipSync(content).subarray(0, 9000), zipOf(members).subarray(0, 9000)]) {
        await withFile(file, async (path) => {
          const before = await openFiles();
          for (const stop of ['break', 'break inside', 'throw', 'throw inside', 'never']) {
            const read = async (): Promise<void> => {
              for await (const entry of openEntries(path, 'x')) {
                if (stop === 'break') break;
                if (stop === 'throw') throw new Error('stop');
                if ('error' in entry) continue;
                const chunks = entry.bytes[Symbol.asyncIterator]();
                await chunks.next();
                if (stop === 'break inside') break;
                if (stop === 'throw inside') throw new Error('stop');
              }
            };
            await read().catch(() => {});
            expect(await openFiles(), stop).toBe(before);
          }
        });
      }
      expect(await readdir(folder)).toEqual([]);
    } finally {
      process.chdir(home);
      await rmdir(folder);
    }
  });

  it('cannot read an entry after the next was asked for', async () => {
    await withFile(tarOf(...members), async (path) => {
      const generator = openEntries(path, 'x');
      const { value: first } = await generator.next();
      await generator.next();
      if (first === undefined || 'error' in first) throw new Error('expected bytes');
      await expect(first.bytes[Symbol.asyncIterator]().next()).rejects.toThrow('after the next entry');
      await generator.return(undefined);
    });
  });
});
