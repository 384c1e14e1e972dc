import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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
  // the kernel ends a process whose file would become longer than this many blocks
  const BLOCK = 512;
  const SCRIPT = `
    const [modules, folder, source, kind] = process.argv.slice(1);
    const { FileArtifactStore } = await import(modules + '/file-store.js');
    const { readFileSync } = await import('node:fs');
    const store = new FileArtifactStore(folder);
    await (kind === 'put' ? store.put(readFileSync(source)) : store.putFile(source));`;

  test.each(['put', 'putFile'])(
    `shows nothing of artifacts whose process is ended at ${CUTS} offsets of %s`,
    async (kind) => {
      const bytes = randomBytes(300_000);
      const source = join(folder, `${kind}.source`);
      await writeFile(source, bytes);
      const artifacts = join(folder, kind);
      const store = new FileArtifactStore(artifacts);
      const { sha256: other } = await store.put(Buffer.from('another one'));
      const key = artifactKey(sha256Of(bytes));
      for (const offset of offsets(bytes.length, 5)) {
        const limited = `ulimit -c 0; ulimit -f ${Math.floor(offset / BLOCK)}; exec "$@"`;
        const script = [process.execPath, '--input-type=module', '-e', SCRIPT, MODULES, artifacts, source, kind];
        const { status } = spawnSync('sh', ['-c', limited, 'sh', ...script], { stdio: 'ignore' });
        expect(status).not.toBe(0);
        expect(await store.has(sha256Of(bytes))).toBe(false);
        await expect(readFile(join(artifacts, key))).rejects.toMatchObject({ code: 'ENOENT' });
      }
      const entries = await readdir(artifacts, { recursive: true, withFileTypes: true });
      const visible = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp'));
      expect(visible.map(({ name }) => name)).toEqual([other]);
      const { sha256 } = await store.putFile(source);
      expect(Buffer.compare(await store.get(sha256), bytes)).toBe(0);
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
