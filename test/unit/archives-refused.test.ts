import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { paxHeader, type ReadArchive, readArchive, type TarMember, tarOf, zipOf } from '../support/archives.ts';

const BEFORE = { name: 'before.log', content: 'before' };
// beyond what is unpacked at once
const BIG = Buffer.alloc(2 ** 20, '0123456789');
const AFTER = { name: 'after.log', content: 'after' };

/** The middle entry is refused with the code and the words, its neighbours are read. */
function expectRefusal(read: ReadArchive, words: string, code = 'BAD_USER_INPUT'): void {
  expect(read.failure).toBeNull();
  expect(read.entries.map(({ error, bytes }) => (error === null ? bytes.toString() : error.code))).toEqual([
    'before',
    code,
    'after',
  ]);
  const [, { name, error }] = read.entries;
  expect(error?.message).toContain(words);
  expect(error?.message).toContain('up.zip');
  expect(error?.details).toEqual({ file: 'up.zip', entry: name });
  expect(error?.message).not.toMatch(/\p{Cc}/u);
  expect(error?.message.length).toBeLessThan(600);
}

async function expectNameRefused(name: string, words: string): Promise<void> {
  const zip = zipOf([BEFORE, { name, content: 'x' }, AFTER]);
  expectRefusal(await readArchive(zip, 'up.zip'), words);
  const tar = tarOf(BEFORE, paxHeader({ path: name }), { name: 'overridden', content: 'x' }, AFTER);
  expectRefusal(await readArchive(tar, 'up.zip'), words);
  expectRefusal(await readArchive(gzipSync(tar), 'up.zip'), words);
}

describe('refused members', () => {
  it.each([
    ['/etc/passwd', 'absolute'],
    ['C:/x.log', 'absolute'],
    ['c:x.log', 'absolute'],
    ['../x.log', '..'],
    ['a/../../x.log', '..'],
    ['a/..', '..'],
    ['..', '..'],
    ['..\\x.log', 'backslash'],
    ['a\\x.log', 'backslash'],
    ['a\nb', 'control'],
    ['a\u001b[2Jb', 'control'],
    ['a\u009bb', 'control'],
    ['.', 'no name'],
    ['before.log', 'same name'],
    ['./before.log', 'same name'],
  ])('names: %j', expectNameRefused);

  it('names: of more than 1,000 characters', () => expectNameRefused('x'.repeat(1001), 'longer than 1,000'));

  it('names: empty, and with NUL', async () => {
    expectRefusal(await readArchive(zipOf([BEFORE, { name: '' }, AFTER]), 'up.zip'), 'no name');
    expectRefusal(await readArchive(tarOf(BEFORE, { name: '' }, AFTER), 'up.zip'), 'no name');
    expectRefusal(await readArchive(zipOf([BEFORE, { name: 'a\0.log' }, AFTER]), 'up.zip'), 'control');
    const tar = tarOf(BEFORE, paxHeader({ path: 'a\0.log' }), { name: 'x' }, AFTER);
    expectRefusal(await readArchive(tar, 'up.zip'), 'control');
  });

  it.each([
    ['gzip', gzipSync('x')],
    ['zip', zipOf([BEFORE])],
    ['zip', zipOf([])],
    ['tar', tarOf(BEFORE)],
    ['tar', tarOf({ ...BEFORE, magic: '\0' })],
    ['bzip2', Buffer.from('BZh91AY&SY')],
    ['xz', Buffer.from('fd377a585a00', 'hex')],
    ['Zstandard', Buffer.from('28b52ffd00', 'hex')],
    ['7z', Buffer.from('377abcaf271c', 'hex')],
    ['RAR', Buffer.from('Rar!\x1a\x07\x00', 'latin1')],
    ['compress', Buffer.from('1f9d90', 'hex')],
  ])('packed inside: %s', async (kind, content) => {
    for (const method of [0, 8]) {
      const zip = zipOf([BEFORE, { name: 'inner.log', content, method }, AFTER]);
      expectRefusal(await readArchive(zip, 'up.zip'), `packed itself (${kind})`);
    }
    const tar = tarOf(BEFORE, { name: 'inner.log', content }, AFTER);
    expectRefusal(await readArchive(tar, 'up.zip'), `packed itself (${kind})`);
    if (kind === 'tar') return;
    const inGzip = await readArchive(gzipSync(content), 'up.gz');
    expect(inGzip.entries.map(({ name, error }) => [name, error?.code])).toEqual([['up', 'BAD_USER_INPUT']]);
  });

  it('kinds of archive that are not read, with the kinds that are', async () => {
    const { entries } = await readArchive(Buffer.from('fd377a585a00', 'hex'), 'up.tar.xz');
    expect(entries[0].error?.message).toBe(
      'up.tar.xz: refused, because it is packed itself (xz), and only .gz, .tar, .tar.gz and .zip are read, one inside another never.',
    );
  });

  it.each<[string, string, Partial<TarMember>]>([
    ['1', 'hard link', {}],
    ['2', 'symbolic link', { size: 1000 }],
    ['3', 'character device', {}],
    ['4', 'block device', {}],
    ['6', 'named pipe', {}],
    ['S', 'sparse', { content: 'x'.repeat(700) }],
    ['M', 'another volume', { content: 'x'.repeat(700) }],
    ['Z', 'unknown type', { content: 'x'.repeat(700) }],
    ['\x01', 'unknown type', {}],
  ])('tar type %j', async (type, words, more) => {
    const patch = { 157: Buffer.from('/etc/passwd') };
    expectRefusal(await readArchive(tarOf(BEFORE, { name: 'bad', type, patch, ...more }, AFTER), 'up.zip'), words);
  });

  it('sparse files of tar by pax, and of old GNU with more than one header', async () => {
    const pax = paxHeader({ 'GNU.sparse.major': '1', 'GNU.sparse.name': 'holes.log', 'GNU.sparse.realsize': '9' });
    const read = await readArchive(tarOf(BEFORE, pax, { name: 'x', content: 'y' }, AFTER), 'up.zip');
    expectRefusal(read, 'sparse');
    expect(read.entries[1].name).toBe('holes.log');
    const more = [Buffer.alloc(512), Buffer.alloc(512)];
    more[0][504] = 1;
    const content = Buffer.concat([...more, Buffer.alloc(512, 'x')]);
    const old = { name: 'old', type: 'S', content, size: 512, patch: { 482: Buffer.of(1) } };
    expectRefusal(await readArchive(tarOf(BEFORE, old, AFTER), 'up.zip'), 'sparse');
  });

  it.each([
    ['encrypted', { flags: 1 }],
    ['encrypted', { flags: 0x41 }],
    ['encrypted', { flags: 0x40 }],
    ['method 12', { method: 12 }],
    ['method 99', { method: 99 }],
    ['symbolic link', { attributes: 0o120777 << 16 }],
    ['device', { attributes: 0o060644 << 16 }],
    ['device', { attributes: 0o010644 << 16 }],
  ])('zip: %s', async (words, more) => {
    const zip = zipOf([BEFORE, { name: 'bad', content: '/etc/passwd', ...more }, AFTER]);
    expectRefusal(await readArchive(zip, 'up.zip'), words);
  });

  it.each([
    ['CRC-32', { crc: 1 }],
    ['longer than it declares', { declaredSize: 0 }],
    ['longer than it declares', { declaredSize: 999 }],
    ['shorter than it declares', { declaredSize: 1001 }],
    ['deflate data end early', { declaredPackedSize: 0 }],
    ['deflate data end early', { declaredPackedSize: 5 }],
    ['CRC-32', { content: BIG, crc: 1 }],
    ['longer than it declares', { content: BIG, declaredSize: 0 }],
    ['longer than it declares', { content: BIG, declaredSize: BIG.length - 1 }],
    ['shorter than it declares', { content: BIG, declaredSize: BIG.length + 1 }],
    ['deflate data end early', { content: BIG, declaredPackedSize: 200 }],
    ['longer than it declares', { method: 0, declaredSize: 0 }],
    ['shorter than it declares', { method: 0, declaredPackedSize: 10 }],
    ['header is damaged', { offset: 7 }],
    ['header is damaged', { offset: 2 ** 31 }],
    ['header is damaged', { offset: 2 ** 62, zip64: true }],
    ['header is damaged', { declaredPackedSize: 2 ** 62, zip64: true }],
  ])('a damaged member of a zip archive alone: %s, %o', async (words, more) => {
    const zip = zipOf([BEFORE, { name: 'bad', content: '0123456789'.repeat(100), ...more }, AFTER]);
    expectRefusal(await readArchive(zip, 'up.zip'), words, 'MALFORMED_FILE');
  });
});
