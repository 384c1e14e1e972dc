import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { artifactKey, sha256Of } from '../../src/artifacts/artifact-store.ts';
import { FileArtifactStore } from '../../src/artifacts/file-store.ts';
import { FileUploadStore } from '../../src/artifacts/file-uploads.ts';
import { S3ArtifactStore } from '../../src/artifacts/s3-store.ts';
import { Random } from '../../src/random.ts';
import { startCuttingProxy } from '../support/cutting-proxy.ts';
import { describeOnS3Servers, type S3Server, startS3Server } from '../support/s3-servers.ts';

const CUTS = 20;
const MODULES = fileURLToPath(new URL('../../dist/artifacts', import.meta.url));

/** Offsets at which to cut so many bytes: the first, the last, and some between. */
function offsets(byteLength: number, seed: number): number[] {
  const random = new Random(seed);
  return [0, byteLength - 1, ...Array.from({ length: CUTS - 2 }, () => random.integer(byteLength))];
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'natrium test cuts '));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the file store', () => {
  // ends itself, as a power cut would, as soon as it has written so many bytes of any file
  const SCRIPT = `
    import { readdirSync, readFileSync, statSync } from 'node:fs';
    import { join } from 'node:path';
    const [modules, folder, source, kind, offset] = process.argv.slice(1);
    const { FileArtifactStore } = await import(modules + '/file-store.js');
    const sizeOf = (path) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found?.isFile() ? found.size : -1;
    };
    const before = new Set(readdirSync(folder, { recursive: true }));
    const watch = () => {
      for (const path of readdirSync(folder, { recursive: true })) {
        if (!before.has(path) && sizeOf(join(folder, path)) >= Number(offset)) process.kill(process.pid, 'SIGKILL');
      }
      setImmediate(watch);
    };
    watch();
    const store = new FileArtifactStore(folder);
    await (kind === 'put' ? store.put(readFileSync(source)) : store.putFile(source));`;

  test.each(['put', 'putFile'])(
    `shows no part of an artifact whose process ends at ${CUTS} offsets of %s`,
    async (kind) => {
      const artifacts = join(folder, kind);
      const source = join(folder, `${kind}.source`);
      const store = new FileArtifactStore(artifacts);
      await store.check();
      const length = 4_000_000;
      for (const offset of offsets(length, 5)) {
        const bytes = randomBytes(length);
        await writeFile(source, bytes);
        const script = ['--input-type=module', '-e', SCRIPT, MODULES, artifacts, source, kind, String(offset)];
        const { signal } = spawnSync(process.execPath, script, { stdio: 'ignore' });
        expect(signal).toBe('SIGKILL');
        // it may have been quick enough to end the file and give it its name
        if (await store.has(sha256Of(bytes))) expect(Buffer.compare(await store.get(sha256Of(bytes)), bytes)).toBe(0);
        expect(await store.putFile(source)).toEqual({ sha256: sha256Of(bytes), byteLength: length });
      }
      const entries = await readdir(artifacts, { recursive: true, withFileTypes: true });
      const drafts = entries.filter((entry) => entry.name.endsWith('.tmp'));
      const sizes = await Promise.all(drafts.map(async (each) => (await stat(join(each.parentPath, each.name))).size));
      expect(sizes.filter((size) => size > 0 && size < length).length).toBeGreaterThan(0);
      expect(entries.filter((entry) => entry.isFile())).toHaveLength(CUTS + drafts.length);
    },
  );

  test(`shows nothing of uploads that break off at ${CUTS} offsets, and keeps what was there before`, async () => {
    const bytes = randomBytes(300_000);
    const store = new FileUploadStore(join(folder, 'uploads'));
    const [empty, replaced] = ['a', 'b'].map((digit) => digit.repeat(64));
    await store.receive(replaced, [Buffer.from('before')] as unknown as AsyncIterable<Uint8Array>);
    for (const offset of offsets(bytes.length, 6)) {
      for (const key of [empty, replaced]) {
        const cut = (async function* () {
          yield bytes.subarray(0, offset);
          throw new Error('the connection broke');
        })();
        await expect(store.receive(key, cut)).rejects.toThrow('the connection broke');
      }
      expect(await store.byteLength(empty)).toBeNull();
      expect(await store.byteLength(replaced)).toBe(6);
    }
    expect(await readdir(join(folder, 'uploads'))).toEqual([replaced]);
  });
});

describeOnS3Servers('cut uploads to a bucket', (name) => {
  let server: S3Server;
  let direct: S3ArtifactStore;
  beforeAll(async () => {
    server = await startS3Server(name);
    direct = new S3ArtifactStore(server.settings('natrium'));
    await direct.check();
  });
  afterAll(() => server?.stop());

  // the second one goes in two parts
  test.each([300_000, 9_000_000])(`show nothing of %d bytes that break off at ${CUTS} offsets`, async (length) => {
    const path = join(folder, `${name}-${length}`);
    for (const offset of offsets(length, length)) {
      const bytes = randomBytes(length);
      const sha256 = sha256Of(bytes);
      await writeFile(path, bytes);
      const proxy = await startCuttingProxy(server.endpoint, offset);
      const store = new S3ArtifactStore(server.settings('natrium', { endpoint: proxy.endpoint }));
      await expect(store.putFile(path)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(proxy.bytes()).toBe(offset);
      await proxy.close();
      expect(await direct.has(sha256)).toBe(false);
      expect(await server.object('natrium', artifactKey(sha256))).toBeNull();
    }
    expect(await server.keys('natrium')).toEqual(['natrium-check']);
    // an upload that was begun before and broke off does no harm
    const { sha256 } = await direct.putFile(path);
    expect(Buffer.compare(await direct.get(sha256), await readFile(path))).toBe(0);
    await server.remove('natrium', artifactKey(sha256));
  });
});
