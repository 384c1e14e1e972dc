import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  packedTar,
  paxHeader,
  type ReadArchive,
  readArchive,
  TAR_END,
  tarMember,
  tarOf,
  zipOf,
} from '../support/archives.ts';

const FILES: Record<string, string> = {
  'first.log': 'Entering Link 1\n',
  'set/water.out': ' ORCA '.repeat(50_000),
  'set/empty.xyz': '',
  // as long as a record of the directory of a zip archive
  [`${'x'.repeat(42)}.log`]: 'y',
  'set/é-水.extxyz': '1\n\nH 0 0 0\n',
};

function textsOf(read: ReadArchive): Record<string, string> {
  expect(read.failure).toBeNull();
  expect(read.entries.map((entry) => entry.error)).toEqual(read.entries.map(() => null));
  return Object.fromEntries(read.entries.map(({ name, bytes }) => [name, bytes.toString()]));
}

function zipMembers(method: number, more: object = {}): { name: string; content: string; method: number }[] {
  return Object.entries(FILES).map(([name, content]) => ({ name, content, method, ...more }));
}

describe('openEntries on good files', () => {
  it('gives a file that is no archive as it is', async () => {
    for (const content of [
      '',
      'x',
      FILES['set/water.out'],
      'BZh is no magic yet',
      'PK but no archive',
      '\0'.repeat(2048),
    ]) {
      expect(textsOf(await readArchive(Buffer.from(content), 'my file.zip'))).toEqual({ 'my file.zip': content });
    }
  });

  it('gives what a gzip file holds, of one member or more, padded or not', async () => {
    const one = gzipSync('first\n');
    const two = Buffer.concat([one, gzipSync(FILES['set/water.out']), gzipSync(''), gzipSync('last')]);
    expect(textsOf(await readArchive(one, 'a.log.gz'))).toEqual({ 'a.log': 'first\n' });
    expect(textsOf(await readArchive(two, 'A.GZ'))).toEqual({ A: `first\n${FILES['set/water.out']}last` });
    expect(textsOf(await readArchive(Buffer.concat([one, Buffer.alloc(700)]), 'a'))).toEqual({ a: 'first\n' });
    expect(textsOf(await readArchive(one, '.gz'))).toEqual({ '.gz': 'first\n' });
  });

  it('gives the members of .tar and .tar.gz, whatever the file is called', async () => {
    const tar = await packedTar(FILES);
    expect(textsOf(await readArchive(tar, 'x.zip'))).toEqual(FILES);
    expect(textsOf(await readArchive(gzipSync(tar), 'x.log'))).toEqual(FILES);
    const parts = [tar.subarray(0, 1000), tar.subarray(1000)].map((part) => gzipSync(part));
    expect(textsOf(await readArchive(Buffer.concat(parts), 'x.tgz'))).toEqual(FILES);
  });

  it.each([
    ['stored', zipOf(zipMembers(0))],
    ['deflated', zipOf(zipMembers(8))],
    ['with UTF-8 flag', zipOf(zipMembers(8, { flags: 0x800 }))],
    ['stored with data descriptors', zipOf(zipMembers(0, { dataDescriptor: true }))],
    ['deflated with data descriptors', zipOf(zipMembers(8, { dataDescriptor: true }))],
    ['zip64', zipOf(zipMembers(8, { zip64: true }), { zip64: true })],
    ['with Unix modes', zipOf(zipMembers(8, { attributes: 0o100644 << 16 }))],
  ])('gives the members of a zip archive: %s', async (_, zip) => {
    expect(textsOf(await readArchive(zip, 'x'))).toEqual(FILES);
  });

  it('gives nothing for archives without members', async () => {
    expect(textsOf(await readArchive(zipOf([]), 'x.zip'))).toEqual({});
    expect(textsOf(await readArchive(tarOf({ name: 'folder/', type: '5' }), 'x.tar'))).toEqual({});
  });

  it('passes over folders and what macOS adds, and counts them in positions', async () => {
    const names = ['d/', '__MACOSX/d/._a.log', 'd/._a.log', 'd/.DS_Store', './d//a.log'];
    const zip = await readArchive(zipOf(names.map((name) => ({ name, content: 'x' }))), 'x');
    const tar = await readArchive(tarOf(...names.map((name) => ({ name, content: 'x' }))), 'x');
    for (const read of [zip, tar]) {
      expect(textsOf(read)).toEqual({ 'd/a.log': 'x' });
      expect(read.entries[0].position).toBe(5);
    }
  });

  it('reads the headers of tar in every format', async () => {
    const long = `${'deep/'.repeat(150)}a.log`;
    const big = Buffer.alloc(12);
    big[0] = 0x80;
    big[11] = 3;
    const header = (name: string) => ({ name, content: name.slice(0, 3) });
    const tar = tarOf(
      { ...header('v7!'), magic: '\0' },
      { ...header('old type'), type: '\0' },
      { ...header('contiguous'), type: '7' },
      { ...header('gnu magic'), magic: 'ustar  \0', patch: { 345: Buffer.from('1234') } },
      { ...header('prefixed'), patch: { 345: Buffer.from('folder') } },
      { ...header('base 256'), size: big },
      { name: 'long', type: 'L', content: `${long}\0` },
      { name: 'ignored', content: 'gnu' },
      { name: 'long link', type: 'K', content: 'x' },
      paxHeader({ comment: 'all of it' }, 'g'),
      paxHeader({ path: `${long}2`, mtime: '1.5', size: '600' }),
      { name: 'ignored', content: 'p'.repeat(600), size: 0 },
      { name: 'volume', type: 'V' },
      header('end'),
    );
    expect(textsOf(await readArchive(tar, 'x'))).toEqual({
      'v7!': 'v7!',
      'old type': 'old',
      contiguous: 'con',
      'gnu magic': 'gnu',
      'folder/prefixed': 'pre',
      'base 256': 'bas',
      [long]: 'gnu',
      [`${long}2`]: 'p'.repeat(600),
      end: 'end',
    });
  });

  it('decodes names of any encoding', async () => {
    const latin1 = Buffer.from('r\xe9sum\xe9', 'latin1');
    expect(Object.keys(textsOf(await readArchive(tarOf({ name: latin1 }), 'x')))).toEqual(['résumé']);
    // the same bytes in code page 437, which is the one of zip
    expect(Object.keys(textsOf(await readArchive(zipOf([{ name: latin1 }]), 'x')))).toEqual(['rΘsumΘ']);
    expect(Object.keys(textsOf(await readArchive(zipOf([{ name: latin1, flags: 0x800 }]), 'x')))).toEqual(['rΘsumΘ']);
  });

  it('gives a tar archive with one end block as well as with twenty', async () => {
    for (const blocks of [1, 20]) {
      const tar = Buffer.concat([
        tarMember({ content: 'x' }),
        TAR_END.subarray(0, 512),
        Buffer.alloc(512 * (blocks - 1)),
      ]);
      expect(textsOf(await readArchive(tar, 'x'))).toEqual({ 'a.log': 'x' });
    }
  });
});
