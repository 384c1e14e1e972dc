import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { artifactKey, sha256Of } from '../../src/artifacts/artifact-store.ts';
import { S3ArtifactStore } from '../../src/artifacts/s3-store.ts';
import { S3UploadStore } from '../../src/artifacts/s3-uploads.ts';
import { Random } from '../../src/random.ts';
import { describeOnS3Servers, hasS3Server, type S3Server, startS3Server } from '../support/s3-servers.ts';
import { missing, skipUnless } from '../support/skips.ts';
import { canMount, onSmallDisk } from '../support/small-disk.ts';
import { flipBit } from './artifact-store.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The one line that an operation is refused by. */
async function refusal(operation: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error = await operation.then<unknown, unknown>(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toMatchObject({ code: 'UNAVAILABLE', message: expect.not.stringContaining('\n') });
  return error as { code: string; message: string };
}

describeOnS3Servers('clocks that differ from that', (name) => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server(name);
    await new S3ArtifactStore(server.settings('natrium')).check();
  });
  afterAll(() => server?.stop());
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([
    [-90 * MINUTE, 'its clock is 90 minutes ahead of that of this machine'],
    [40 * MINUTE, 'its clock is 40 minutes behind that of this machine'],
    [-30 * HOUR, 'its clock is 30 hours ahead of that of this machine'],
    [9 * 24 * HOUR, 'its clock is 216 hours behind that of this machine'],
  ])('by %d ms are told with the difference', async (offset, said) => {
    // the requests are signed with this clock
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + offset });
    const settings = server.settings('natrium');
    const store = new S3ArtifactStore(settings);
    const uploads = new S3UploadStore(settings);
    for (const attempt of [
      () => store.check(),
      () => store.put(randomBytes(9)),
      () => store.get(sha256Of(randomBytes(9))),
    ]) {
      expect((await refusal(attempt())).message).toMatch(
        new RegExp(`${said}, which is too much: set both by NTP \\(RequestTimeTooSkewed\\)\\.$`),
      );
    }
    expect((await refusal(uploads.fetch('a'.repeat(64), join(tmpdir(), 'never')))).message).toContain('cannot be used');
  });

  test('by a few minutes do no harm', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5 * MINUTE });
    const store = new S3ArtifactStore(server.settings('natrium'));
    const { sha256 } = await store.put(randomBytes(100));
    expect(await store.has(sha256)).toBe(true);
  });
});

const mounts = canMount();

describeOnS3Servers(`a full disk${mounts ? '' : ` (${missing('mount')})`}`, (name) => {
  let server: S3Server;
  let folder: string;
  beforeAll(async () => {
    if (!mounts) return;
    server = await startS3Server(name, { diskMebibytes: 48 });
    folder = await mkdtemp(join(tmpdir(), 'natrium test files '));
  });
  afterAll(async () => {
    await server?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  test.skipIf(!mounts)('is told, and what is stored stays and can be read', async () => {
    const store = new S3ArtifactStore(server.settings('natrium'));
    await store.check();
    const stored: { sha256: string; bytes: Buffer }[] = [];
    let refused: { message: string } | null = null;
    for (let i = 0; i < 10 && refused === null; i++) {
      const bytes = randomBytes(8_000_000);
      await store.put(bytes).then(
        ({ sha256 }) => stored.push({ sha256, bytes }),
        (error) => {
          refused = error;
        },
      );
    }
    expect(refused).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/bucket natrium at http:.* cannot be used: its disk is full: make room there/),
    });
    const large = join(folder, 'large');
    await writeFile(large, randomBytes(40_000_000));
    expect((await refusal(store.putFile(large))).message).toContain('its disk is full: make room there');
    expect(await store.has(sha256Of(await readFile(large)))).toBe(false);
    expect(stored.length).toBeGreaterThan(1);
    for (const { sha256, bytes } of stored) expect(Buffer.compare(await store.get(sha256), bytes)).toBe(0);
  });
});

skipUnless(mounts, 'mount')('a full disk of the file store', () => {
  // runs where the disk is
  const SCRIPT = `
    import { randomBytes } from 'node:crypto';
    import { readdirSync } from 'node:fs';
    const [folder, modules, source] = process.argv.slice(1);
    const { FileArtifactStore } = await import(modules + '/file-store.js');
    const { FileUploadStore } = await import(modules + '/file-uploads.js');
    const store = new FileArtifactStore(folder + '/artifacts');
    const uploads = new FileUploadStore(folder + '/uploads');
    const { sha256 } = await store.put(randomBytes(1_000_000));
    const codes = [];
    for (const attempt of [
      () => store.put(randomBytes(6_000_000)),
      () => store.putFile(source),
      () => uploads.receive('a'.repeat(64), [randomBytes(6_000_000)]),
    ]) {
      await attempt().catch((error) => codes.push([error.code, error.details.reason, error.message]));
    }
    await store.get(sha256);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    console.log(JSON.stringify({ codes, files: files.length, uploaded: await uploads.byteLength('a'.repeat(64)) }));`;

  test('is told, and leaves nothing of what did not fit', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'natrium test disk '));
    const source = join(folder, '..', `${folder.split('/').at(-1)}.source`);
    await writeFile(source, randomBytes(6_000_000));
    const modules = fileURLToPath(new URL('../../dist/artifacts', import.meta.url));
    const script = [process.execPath, '--input-type=module', '-e', SCRIPT, folder, modules, source];
    const [program, ...args] = onSmallDisk(folder, 4, script);
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    await once(child, 'close');
    const { codes, ...rest } = JSON.parse(output);
    expect(codes).toEqual(
      Array.from({ length: 3 }, () => ['UNAVAILABLE', 'ENOSPC', expect.stringContaining('make room on its disk')]),
    );
    expect(rest).toEqual({ files: 1, uploaded: null });
    await rm(folder, { recursive: true });
    await rm(source);
  });
});

skipUnless(hasS3Server('minio'), 'minio')('damage on a disk of MinIO, which has checksums of its own', () => {
  let server: S3Server;
  let store: S3ArtifactStore;
  beforeAll(async () => {
    server = await startS3Server('minio');
    store = new S3ArtifactStore(server.settings('natrium'));
    await store.check();
  });
  afterAll(() => server?.stop());

  // kept within its metadata, in a file beside, and in several parts
  test.each([20_000, 300_000, 20_000_000])(
    'is found in an artifact of %d bytes, and told from an outage',
    async (length) => {
      const random = new Random(length);
      const bytes = randomBytes(length);
      const { sha256 } = await store.put(bytes);
      const folder = join(server.objectFolder, 'natrium', artifactKey(sha256));
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      const data = files.find((file) => file.includes('part.')) ?? files[0];
      const intact = await readFile(data);
      // behind what describes an artifact that is kept within
      const first = Math.max(0, intact.length - length);
      await writeFile(data, flipBit(intact, 8 * first + random.integer(8 * (intact.length - first))));
      await expect(store.get(sha256)).rejects.toMatchObject({
        code: 'CORRUPT_ARTIFACT',
        message: expect.stringMatching(/cannot be read from the bucket natrium.*which serves others/),
        details: { sha256, reason: 'unreadable' },
      });
      await store.put(bytes);
      expect(Buffer.compare(await store.get(sha256), bytes)).toBe(0);
    },
  );
});

describeOnS3Servers('an outage', (name) => {
  test('is no damage', async () => {
    const server = await startS3Server(name);
    const store = new S3ArtifactStore(server.settings('natrium'));
    await store.check();
    const { sha256 } = await store.put(randomBytes(100));
    await server.halt();
    await refusal(store.get(sha256));
    await server.resume();
    expect((await store.get(sha256)).byteLength).toBe(100);
    await server.stop();
  });
});
