import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TemporaryFolder } from '../../src/artifacts/temporary-files.ts';

let parent: string;
let folder: string;
let temporary: TemporaryFolder;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'natrium temporary '));
  folder = join(parent, 'not yet there');
  temporary = new TemporaryFolder(folder);
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

async function text(stream: Readable): Promise<string> {
  return Buffer.concat(await stream.toArray()).toString();
}

test('readers get everything, whether they come before, while or after it is written', async () => {
  const file = await temporary.create();
  const early = text(file.follow());
  await file.append(Buffer.from('one '));
  const between = file.follow();
  // it has read what there is and waits
  expect((await between.iterator({ destroyOnReturn: false }).next()).value.toString()).toBe('one ');
  await file.append(Buffer.from('two '.repeat(100_000)));
  const late = text(file.follow());
  file.finish();
  const after = file.follow();
  await file.remove();
  expect(readdirSync(folder)).toEqual([]);
  const whole = `one ${'two '.repeat(100_000)}`;
  expect(await early).toBe(whole);
  expect(await text(between)).toBe(whole.slice(4));
  expect(await late).toBe(whole);
  expect(await text(after)).toBe(whole);
});

test('a failure reaches all readers, even those who have not read all', async () => {
  const file = await temporary.create();
  await file.append(Buffer.from('half'));
  const [waiting, unread] = [file.follow(), file.follow()];
  await waiting.iterator({ destroyOnReturn: false }).next();
  file.fail(new Error('no more'));
  await expect(text(waiting)).rejects.toThrow('no more');
  await expect(text(unread)).rejects.toThrow('no more');
  await file.remove();
});

test('a reader that goes away leaves the others alone', async () => {
  const file = await temporary.create();
  const [gone, staying] = [file.follow(), file.follow()];
  await file.append(Buffer.from('a'));
  gone.destroy();
  await file.append(Buffer.from('b'));
  file.finish();
  await file.remove();
  expect(await text(staying)).toBe('ab');
});

test('only what ended processes left is removed, and nothing else', async () => {
  await temporary.removeLeftovers();
  const living = await temporary.create();
  // no process has the first number: Linux counts to 4,194,304; the one with the second is the parent of this one
  const names = ['9999999-00ff.tmp', `${process.ppid}-00ff.tmp`, 'notes.txt', '9999999-00ff.tmp.txt'];
  for (const name of names) writeFileSync(join(folder, name), '');
  await temporary.removeLeftovers();
  expect(readdirSync(folder).sort()).toEqual(names.slice(1).sort());
  await living.remove();
});

test('says where it cannot write', async () => {
  writeFileSync(folder, 'a file');
  await expect(temporary.create()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/^The temporary file .*not yet there\/.* cannot be written .*make room there/),
  });
});
