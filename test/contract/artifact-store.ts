import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ArtifactStore } from '../../src/artifacts/artifact-store.ts';
import { NatriumError } from '../../src/errors.ts';
import { Random } from '../../src/random.ts';

/** What the contract needs of an implementation. */
export interface ArtifactStoreUnderTest {
  readonly store: ArtifactStore;
  /** a second instance on the same place, as another process would have it */
  readonly sameStore: ArtifactStore;
  /** The bytes below a key of the store, as a stranger reads them; null if there are none. */
  bytesAt(key: string): Promise<Buffer | null>;
  /** Puts other bytes in place of those of an artifact. */
  replace(sha256: string, bytes: Uint8Array): Promise<void>;
  remove(sha256: string): Promise<void>;
  close(): Promise<void>;
}

// FIPS 180-2, and `printf '' | sha256sum`
const SHA256_OF_ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const SHA256_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const ABC = new TextEncoder().encode('abc');

/** The promises of the port, to be called inside a `describe`: one suite for every implementation. */
export function artifactStoreContract(open: () => Promise<ArtifactStoreUnderTest>): void {
  let context: ArtifactStoreUnderTest;
  let folder: string;
  beforeAll(async () => {
    context = await open();
    await context.store.check();
    folder = await mkdtemp(join(tmpdir(), 'natrium test files '));
  });
  afterAll(async () => {
    await context?.close();
    await rm(folder, { recursive: true, force: true });
  });
  let files = 0;
  const fileWith = async (bytes: Uint8Array) => {
    const path = join(folder, String(files++));
    await writeFile(path, bytes);
    return path;
  };

  test('names bytes by their sha256 and returns them', async () => {
    expect(await context.store.put(ABC)).toEqual({ sha256: SHA256_OF_ABC, byteLength: 3 });
    expect(Buffer.from(await context.sameStore.get(SHA256_OF_ABC))).toEqual(Buffer.from(ABC));
  });

  test('keeps them below sha256/ab/cd', async () => {
    await context.store.put(ABC);
    expect(String(await context.bytesAt(`sha256/ba/78/${SHA256_OF_ABC}`))).toBe('abc');
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

  const damages: [string, (bytes: Buffer) => Buffer][] = [
    ['one bit is flipped', (bytes) => flipBit(bytes, 4 * bytes.length)],
    ['they are cut short', (bytes) => bytes.subarray(0, 99)],
    ['they are cut to nothing', () => Buffer.alloc(0)],
    ['something is appended', (bytes) => Buffer.concat([bytes, Buffer.from('x')])],
  ];
  test.each(damages)('notices when %s, and replaces them when they are put again', async (_name, damage) => {
    const bytes = randomBytes(100);
    const { sha256 } = await context.store.put(bytes);
    await context.replace(sha256, damage(bytes));
    await expect(context.sameStore.get(sha256)).rejects.toMatchObject({
      code: 'CORRUPT_ARTIFACT',
      message: expect.stringMatching(new RegExp(`^Artifact ${sha256} in .* is damaged: .*[Rr]estore it from a backup`)),
      details: { sha256, reason: 'damaged' },
    });
    await context.store.put(bytes);
    expect(Buffer.from(await context.sameStore.get(sha256))).toEqual(bytes);
  });

  test('finds every one of 1,000 random bits that are flipped in weights', async () => {
    const weights = ['schnet-checkpoint-1', 'schnet-checkpoint-2'].map((name) =>
      readFileSync(new URL(`../fixtures/${name}.safetensors`, import.meta.url)),
    );
    const files = [...weights, ...[40, 3000, 150_000].map((length) => randomBytes(length))];
    const found = await Promise.all(
      files.map(async (bytes, seed) => {
        const random = new Random(seed);
        const { sha256 } = await context.store.put(bytes);
        let count = 0;
        for (let i = 0; i < 1000 / files.length; i++) {
          await context.replace(sha256, flipBit(bytes, random.integer(8 * bytes.length)));
          const { error } = await outcomeOf(
            i % 10 === 0
              ? context.sameStore.read(sha256)
              : context.store.get(sha256).then((all) => Readable.from([all])),
          );
          if (error instanceof NatriumError && error.code === 'CORRUPT_ARTIFACT') count++;
        }
        await context.store.put(bytes);
        expect(Buffer.compare(await context.store.get(sha256), bytes)).toBe(0);
        return count;
      }),
    );
    expect(found).toEqual(files.map(() => 200));
  });

  test('notices when they are missing', async () => {
    const { sha256 } = await context.store.put(randomBytes(100));
    await context.remove(sha256);
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
    await expect(context.store.read(name)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  // the last one is sent to S3 in parts
  test.each([0, 1, 100_000, 20_000_000])('stores a file of %d bytes and streams it', async (length) => {
    const bytes = randomBytes(length);
    const path = await fileWith(bytes);
    const stored = await context.store.putFile(path);
    expect(stored).toEqual(await context.sameStore.put(bytes));
    expect(Buffer.compare(await collect(await context.sameStore.read(stored.sha256)), bytes)).toBe(0);
    expect(Buffer.compare(await readFile(path), bytes)).toBe(0);
  });

  test('putting a file many times at once is putting once', async () => {
    const bytes = randomBytes(18_000_000);
    const path = await fileWith(bytes);
    const stores = Array.from({ length: 4 }, (_, index) => (index % 2 === 0 ? context.store : context.sameStore));
    const artifacts = await Promise.all(stores.map((store) => store.putFile(path)));
    expect(new Set(artifacts.map(({ sha256 }) => sha256)).size).toBe(1);
    expect(Buffer.compare(await context.store.get(artifacts[0].sha256), bytes)).toBe(0);
  });

  test('says which file it cannot read', async () => {
    await expect(context.store.putFile(join(folder, 'none'))).rejects.toThrow(/ENOENT.*none/);
  });

  test.each([
    [0, 0],
    [0, 1],
    [0, 200_000],
    [1, 200_000],
    [70_000, 70_001],
    [199_999, 200_000],
    [200_000, 200_000],
  ])('streams the bytes from %d to %d', async (start, end) => {
    const bytes = randomBytes(200_000);
    const { sha256 } = await context.store.put(bytes);
    const part = await collect(await context.sameStore.read(sha256, { start, end }));
    expect(Buffer.compare(part, bytes.subarray(start, end))).toBe(0);
  });

  test.each([
    { start: -1, end: 1 },
    { start: 2, end: 1 },
    { start: 0.5, end: 1 },
    { start: 0, end: Number.NaN },
    { start: 0, end: Number.POSITIVE_INFINITY },
  ])('streams no range such as $start to $end', async (range) => {
    const { sha256 } = await context.store.put(ABC);
    await expect(context.store.read(sha256, range)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('never streams a range shorter than asked', async () => {
    const { sha256 } = await context.store.put(randomBytes(1000));
    for (const range of [
      { start: 0, end: 1001 },
      { start: 999, end: 2000 },
      { start: 5000, end: 5001 },
    ]) {
      const { bytes, error } = await outcomeOf(context.store.read(sha256, range));
      expect(error).toMatchObject({ code: 'CORRUPT_ARTIFACT', details: { sha256, reason: 'damaged' } });
      expect(bytes).toBeLessThan(range.end - range.start);
    }
  });

  test('streams nothing that is missing', async () => {
    const { sha256 } = await context.store.put(randomBytes(100));
    await context.remove(sha256);
    for (const range of [undefined, { start: 0, end: 0 }, { start: 1, end: 2 }]) {
      await expect(context.store.read(sha256, range)).rejects.toMatchObject({
        code: 'CORRUPT_ARTIFACT',
        details: { sha256, reason: 'missing' },
      });
    }
  });

  test.each(damages)('streams no complete artifact when %s, and a file replaces it', async (_name, damage) => {
    const bytes = randomBytes(300_000);
    const { sha256 } = await context.store.put(bytes);
    await context.replace(sha256, damage(bytes));
    const { bytes: came, error } = await outcomeOf(context.sameStore.read(sha256));
    expect(error).toMatchObject({
      code: 'CORRUPT_ARTIFACT',
      message: expect.stringMatching(new RegExp(`^Artifact ${sha256} in .* is damaged: .*[Rr]estore it from a backup`)),
      details: { sha256, reason: 'damaged' },
    });
    // who counts bytes must not take it for complete either
    expect(came).toBeLessThan(bytes.length);
    await context.store.putFile(await fileWith(bytes));
    expect(Buffer.compare(await collect(await context.sameStore.read(sha256)), bytes)).toBe(0);
  });

  test('a reader may stop anywhere', async () => {
    const { sha256 } = await context.store.put(randomBytes(1_000_000));
    const unread = await context.store.read(sha256);
    unread.destroy();
    for await (const _ of await context.store.read(sha256)) break;
    for await (const _ of await context.store.read(sha256, { start: 1, end: 999_999 })) break;
    expect((await collect(await context.store.read(sha256))).length).toBe(1_000_000);
  });

  test('can be checked again and again', async () => {
    await context.store.check();
    await Promise.all([context.store.check(), context.sameStore.check()]);
  });
}

/** The bytes with one bit the other way round; bits are counted from the first byte's lowest. */
export function flipBit(bytes: Uint8Array, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped[bit >> 3] ^= 1 << (bit & 7);
  return flipped;
}

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** How many bytes came, and with which error it ended; null if it ended well. */
async function outcomeOf(opened: Promise<Readable>): Promise<{ bytes: number; error: unknown }> {
  let bytes = 0;
  try {
    for await (const chunk of await opened) bytes += (chunk as Buffer).length;
    return { bytes, error: null };
  } catch (error) {
    return { bytes, error };
  }
}
