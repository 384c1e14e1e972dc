import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { artifactKey, sha256Of } from '../../src/artifacts/artifact-store.ts';
import { FileArtifactStore } from '../../src/artifacts/file-store.ts';
import type { S3Settings } from '../../src/artifacts/s3-client.ts';
import { S3ArtifactStore } from '../../src/artifacts/s3-store.ts';
import { describeOnS3Servers, type S3Server, startS3Server, unusedPort } from '../support/s3-servers.ts';
import { artifactStoreContract } from './artifact-store.ts';

describe('the artifact store in a folder', () => {
  artifactStoreContract(async () => {
    const parent = await mkdtemp(join(tmpdir(), 'natrium test artifacts '));
    const folder = join(parent, 'not yet there', 'artifacts');
    return {
      store: new FileArtifactStore(folder),
      sameStore: new FileArtifactStore(folder),
      bytesAt: (key) => readFile(join(folder, key)).catch(() => null),
      replace: (sha256, bytes) => writeFile(join(folder, artifactKey(sha256)), bytes),
      remove: (sha256) => rm(join(folder, artifactKey(sha256))),
      close: () => rm(parent, { recursive: true }),
    };
  });

  describe('besides', () => {
    let parent: string;
    beforeAll(async () => {
      parent = await mkdtemp(join(tmpdir(), 'natrium test artifacts '));
    });
    afterAll(() => rm(parent, { recursive: true }));

    test('leaves nothing but the artifacts', async () => {
      const store = new FileArtifactStore(join(parent, 'clean'));
      await store.check();
      const bytes = randomBytes(10);
      const artifacts = await Promise.all([store.put(bytes), store.put(bytes), store.put(bytes)]);
      const files = (await readdir(join(parent, 'clean'), { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name);
      expect(files).toEqual([artifacts[0].sha256]);
    });

    test('is not misled by what a crash left half-written', async () => {
      const store = new FileArtifactStore(join(parent, 'crashed'));
      const bytes = randomBytes(10);
      const { sha256 } = await store.put(bytes);
      const file = join(parent, 'crashed', artifactKey(sha256));
      await rm(file);
      await writeFile(`${file}.0123456789abcdef.tmp`, bytes.subarray(0, 5));
      expect(await store.has(sha256)).toBe(false);
      await store.put(bytes);
      expect(Buffer.from(await store.get(sha256))).toEqual(bytes);
    });

    test('says what is wrong with a folder that cannot be one', async () => {
      await writeFile(join(parent, 'a file'), '');
      const store = new FileArtifactStore(join(parent, 'a file', 'artifacts'));
      const expected = {
        code: 'UNAVAILABLE',
        message: expect.stringMatching(/a file\/artifacts cannot be used \(ENOTDIR.*every part is a folder/),
      };
      await expect(store.check()).rejects.toMatchObject(expected);
      await expect(store.put(randomBytes(1))).rejects.toMatchObject(expected);
      await expect(store.putFile(fileURLToPath(import.meta.url))).rejects.toMatchObject(expected);
    });
  });
});

describeOnS3Servers('the artifact store in a bucket', (name) => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server(name);
  });
  afterAll(() => server?.stop());

  const settings = (changes: Partial<S3Settings> = {}) => server.settings('natrium', changes);

  artifactStoreContract(async () => ({
    store: new S3ArtifactStore(settings()),
    sameStore: new S3ArtifactStore(settings({ createBucket: false })),
    bytesAt: (key) => server.object('natrium', key),
    replace: (sha256, bytes) => server.replace('natrium', artifactKey(sha256), bytes),
    remove: (sha256) => server.remove('natrium', artifactKey(sha256)),
    close: async () => {},
  }));

  test.each<[string, Partial<S3Settings>, RegExp]>([
    ['an unknown access key', { accessKey: 'somebody' }, /at http:\/\/127.*check S3_ACCESS_KEY/],
    ['a wrong secret key', { secretKey: 'guess' }, /check S3_SECRET_KEY/],
    ['a wrong region', { region: 'eu-west-1' }, /check S3_REGION/],
    ['a missing bucket that it may not make', { bucket: 'missing', createBucket: false }, /does not exist.*S3_BUCKET/],
    ['a name that no bucket can have', { bucket: 'No Bucket' }, /check S3_BUCKET/],
  ])('says one line about %s', async (_name, changes, message) => {
    const store = new S3ArtifactStore(settings(changes));
    const attempts = [() => store.check(), () => store.put(randomBytes(1)), () => store.has('0'.repeat(64))];
    for (const attempt of attempts) {
      const error = await attempt().then<unknown, Error>(
        () => undefined,
        (reason) => reason,
      );
      expect(error).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(message) });
      expect((error as Error).message).not.toContain('\n');
      expect((error as Error).message).not.toContain(server.secretKey);
    }
  });

  test('lets many servers make the bucket at once', async () => {
    const stores = Array.from({ length: 5 }, () => new S3ArtifactStore(settings({ bucket: 'contended' })));
    await Promise.all(stores.map((store) => store.check()));
  });
});

describe('the artifact store in an S3 that misbehaves', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function storeAt(endpoint: string): S3ArtifactStore {
    const keys = { accessKey: 'natrium', secretKey: 'a-secret' };
    return new S3ArtifactStore({ endpoint, ...keys, bucket: 'b01', createBucket: true, silenceLimitMilliseconds: 500 });
  }

  function errorXml(code: string): string {
    return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>no</Message></Error>`;
  }

  test.each<[string, number, RegExp]>([
    ['RequestTimeTooSkewed', 403, /clock is 0 minutes .* that of this machine.*NTP/],
    ['XMinioStorageFull', 507, /disk is full: make room/],
    ['SlowDown', 503, /cannot serve now: try again/],
    ['InternalError', 500, /: no: check the store.*\(InternalError\)/],
    ['QuotaExceeded', 400, /quota/],
    ['SomethingNew', 418, /no: check the store.*\(SomethingNew\)/],
  ])('explains %s', async (code, status, message) => {
    const endpoint = await serve((request, response) => {
      request.resume();
      if (request.method === 'GET') response.writeHead(404).end(errorXml('NoSuchKey'));
      else response.writeHead(status, { 'Content-Type': 'application/xml' }).end(errorXml(code));
    });
    await expect(storeAt(endpoint).check()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(message),
    });
  });

  test('says that a bucket is missing which it may not make', async () => {
    const endpoint = await serve((request, response) => {
      request.resume();
      const [status, code] = request.method === 'GET' ? [404, 'NoSuchBucket'] : [403, 'AccessDenied'];
      response.writeHead(status as number, { 'Content-Type': 'application/xml' }).end(errorXml(code as string));
    });
    await expect(storeAt(endpoint).check()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/bucket b01 at .* does not exist, and this access key may not make it: create it/),
    });
  });

  test('explains a full disk as MinIO tells it', async () => {
    const endpoint = await serve((request, response) => {
      request.resume();
      response.writeHead(request.method === 'GET' ? 404 : 500, { 'Content-Type': 'application/xml' });
      const said = errorXml('InternalError').replace('no<', 'internal error: cause(no space left on device)<');
      response.end(request.method === 'GET' ? errorXml('NoSuchKey') : said);
    });
    await expect(storeAt(endpoint).put(randomBytes(9))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/its disk is full: make room there \(InternalError\)/),
    });
  });

  test('names the status of an answer that gives no reason', async () => {
    const endpoint = await serve((request, response) => {
      request.resume();
      response.writeHead(502, { 'Content-Type': 'text/html' }).end('<h1>Bad Gateway</h1>');
    });
    await expect(storeAt(endpoint).check()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('it answers with the HTTP status 502: check the store'),
    });
  });

  test('notices at once when other bytes are stored than were sent', async () => {
    let stored: Buffer | undefined;
    const endpoint = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      if (request.method === 'PUT') {
        stored = Buffer.concat(chunks);
        stored[0] ^= 1;
        response.writeHead(200, { ETag: '"0"' }).end();
      } else if (stored === undefined) response.writeHead(404).end(errorXml('NoSuchKey'));
      else response.writeHead(200).end(stored);
    });
    await expect(storeAt(endpoint).put(randomBytes(100))).rejects.toMatchObject({
      code: 'CORRUPT_ARTIFACT',
      details: { reason: 'damaged' },
    });
    expect(stored).toHaveLength(100);
  });

  test.each<[string, RequestListener]>([
    ['never answers', (request) => request.resume()],
    [
      'stops in the middle of an answer',
      (_request, response) => response.writeHead(200, { 'Content-Length': 9 }).write('x'),
    ],
    ['breaks the connection', (request) => request.socket.destroy()],
  ])('gives up on one that %s', async (_name, listener) => {
    const store = storeAt(await serve(listener));
    const expected = {
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/does not answer|broke the connection/),
    };
    await expect(store.get('0'.repeat(64))).rejects.toMatchObject(expected);
    for (const range of [undefined, { start: 0, end: 9 }]) {
      const streamed = store.read('0'.repeat(64), range).then((stream) => stream.toArray());
      await expect(streamed).rejects.toMatchObject(expected);
    }
    await expect(store.putFile(fileURLToPath(import.meta.url))).rejects.toMatchObject(expected);
  });

  test('is patient with a reader that is slow to take what came', async () => {
    const bytes = randomBytes(3_000_000);
    let sent = false;
    const endpoint = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Length': bytes.length });
      response.end(bytes, () => {
        sent = true;
      });
    });
    const stream = await storeAt(endpoint).read(sha256Of(bytes));
    stream.once('readable', () => {});
    // three times as long as the store may be silent: nothing else makes a connection idle
    await delay(1500);
    expect(sent).toBe(true);
    expect((await stream.toArray()).reduce((sum, chunk) => sum + chunk.length, 0)).toBe(bytes.length);
  });

  test('never takes too much for a range', async () => {
    const endpoint = await serve((_request, response) => response.writeHead(200).end('the whole of it'));
    const stream = await storeAt(endpoint).read('0'.repeat(64), { start: 4, end: 9 });
    await expect(stream.toArray()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('says that nothing listens', async () => {
    await expect(storeAt(`http://127.0.0.1:${await unusedPort()}`).check()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/nothing listens there: start it, or check S3_ENDPOINT \(ECONNREFUSED\)/),
    });
  });

  test.each(['', 'localhost:9000', 'ftp://localhost', 'http://localhost/path', 'http://user:a-secret@localhost'])(
    'refuses the endpoint %j without repeating it',
    (endpoint) => {
      expect(() => storeAt(endpoint)).toThrow(/^S3_ENDPOINT is no address of an S3: write it as http:\/\/HOST:PORT/);
    },
  );
});
