import { randomBytes } from 'node:crypto';
import { appendFile, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ArtifactStore } from '../../src/artifacts/artifact-store.ts';

/** What the contract needs of an implementation. */
export interface ArtifactStoreUnderTest {
  readonly store: ArtifactStore;
  /** a second instance on the same place, as another process would have it */
  readonly sameStore: ArtifactStore;
  /** the file in which the bytes of an artifact lie, to damage it */
  fileOf(sha256: string): string;
  close(): Promise<void>;
}

// FIPS 180-2, and `printf '' | sha256sum`
const SHA256_OF_ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const SHA256_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const ABC = new TextEncoder().encode('abc');

/** The promises of the port, to be called inside a `describe`: one suite for every implementation. */
export function artifactStoreContract(open: () => Promise<ArtifactStoreUnderTest>): void {
  let context: ArtifactStoreUnderTest;
  beforeAll(async () => {
    context = await open();
    await context.store.check();
  });
  afterAll(() => context?.close());

  test('names bytes by their sha256 and returns them', async () => {
    expect(await context.store.put(ABC)).toEqual({ sha256: SHA256_OF_ABC, byteLength: 3 });
    expect(Buffer.from(await context.sameStore.get(SHA256_OF_ABC))).toEqual(Buffer.from(ABC));
  });

  test('keeps them below sha256/ab/cd', async () => {
    await context.store.put(ABC);
    expect(context.fileOf(SHA256_OF_ABC)).toMatch(`/sha256/ba/78/${SHA256_OF_ABC}`);
    expect(await readFile(context.fileOf(SHA256_OF_ABC), 'utf8')).toBe('abc');
  });

  test('knows what it has', async () => {
    const bytes = randomBytes(100);
    const { sha256 } = await context.store.put(bytes);
    expect(await context.sameStore.has(sha256)).toBe(true);
    expect(await context.store.has('0'.repeat(64))).toBe(false);
  });

  test('stores nothing, too', async () => {
    expect(await context.store.put(new Uint8Array())).toEqual({ sha256: SHA256_OF_NOTHING, byteLength: 0 });
    expect(await context.store.has(SHA256_OF_NOTHING)).toBe(true);
    expect((await context.store.get(SHA256_OF_NOTHING)).byteLength).toBe(0);
  });

  test('stores 20 MB', async () => {
    const bytes = randomBytes(20_000_000);
    const { sha256, byteLength } = await context.store.put(bytes);
    expect(byteLength).toBe(20_000_000);
    expect(Buffer.compare(bytes, await context.sameStore.get(sha256))).toBe(0);
  });

  test('stores a view into a larger buffer, and no more than the view', async () => {
    const large = randomBytes(1000);
    const view = new Uint8Array(large.buffer, large.byteOffset + 100, 50);
    const { sha256, byteLength } = await context.store.put(view);
    expect(byteLength).toBe(50);
    expect(Buffer.from(await context.store.get(sha256))).toEqual(large.subarray(100, 150));
  });

  test('putting twice, or many times at once, is putting once', async () => {
    const bytes = randomBytes(300_000);
    const stores = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? context.store : context.sameStore));
    const artifacts = await Promise.all(stores.map((store) => store.put(bytes)));
    expect(new Set(artifacts.map(({ sha256 }) => sha256)).size).toBe(1);
    expect(await context.store.put(bytes)).toEqual(artifacts[0]);
    expect(Buffer.compare(bytes, await context.store.get(artifacts[0].sha256))).toBe(0);
  });

  const damages: [string, (file: string) => Promise<void>][] = [
    [
      'one bit is flipped',
      async (file) => {
        const bytes = await readFile(file);
        bytes[bytes.length >> 1] ^= 1;
        await writeFile(file, bytes);
      },
    ],
    ['they are cut short', (file) => truncate(file, 99)],
    ['they are cut to nothing', (file) => truncate(file, 0)],
    ['something is appended', (file) => appendFile(file, 'x')],
  ];
  test.each(damages)('notices when %s, and replaces them when they are put again', async (_name, damage) => {
    const bytes = randomBytes(100);
    const { sha256 } = await context.store.put(bytes);
    await damage(context.fileOf(sha256));
    await expect(context.sameStore.get(sha256)).rejects.toMatchObject({
      code: 'CORRUPT_ARTIFACT',
      message: expect.stringMatching(new RegExp(`^Artifact ${sha256} in .* is damaged: .*[Rr]estore it from a backup`)),
      details: { sha256, reason: 'damaged' },
    });
    await context.store.put(bytes);
    expect(Buffer.from(await context.sameStore.get(sha256))).toEqual(bytes);
  });

  test('notices when they are missing', async () => {
    const { sha256 } = await context.store.put(randomBytes(100));
    await rm(context.fileOf(sha256));
    expect(await context.store.has(sha256)).toBe(false);
    await expect(context.store.get(sha256)).rejects.toMatchObject({
      code: 'CORRUPT_ARTIFACT',
      message: expect.stringMatching(new RegExp(`^Artifact ${sha256} is missing from .*restore it from a backup`)),
      details: { sha256, reason: 'missing' },
    });
  });

  test.each([
    '',
    '../../etc/passwd',
    `../${'a'.repeat(61)}`,
    'A'.repeat(64),
    'a'.repeat(63),
    'a'.repeat(65),
    `${'a'.repeat(64)}\n`,
    `${'a'.repeat(63)}/`,
  ])('takes no other name: %j', async (name) => {
    await expect(context.store.get(name)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(context.store.has(name)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('can be checked again and again', async () => {
    await context.store.check();
    await Promise.all([context.store.check(), context.sameStore.check()]);
  });
}
