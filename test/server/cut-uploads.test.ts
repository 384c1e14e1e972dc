import { randomBytes } from 'node:crypto';
import { type ClientRequest, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../src/random.ts';
import { errorOf, frame } from '../support/api.ts';
import { finishedImport, startImport } from '../support/bulk.ts';
import { startCuttingProxy } from '../support/cutting-proxy.ts';
import { testDatabase } from '../support/postgres.ts';
import { describeOnS3Servers, type S3Server, startS3Server } from '../support/s3-servers.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const CUTS = 20;
const START = `mutation ($input: StartImportInput!) { started: startImport(input: $input) { id } }`;

/** PUTs the bytes to an address by way of another endpoint, as the host that the address names: its signature covers that. */
function put(address: string, endpoint: string, bytes: Uint8Array): Promise<number> {
  const { host, origin } = new URL(address);
  return new Promise((resolve, reject) => {
    const sent: ClientRequest = request(
      address.replace(origin, endpoint),
      { method: 'PUT', headers: { host, 'content-length': bytes.length } },
      (response) => {
        response.resume();
        response.once('error', reject);
        response.once('end', () => resolve(response.statusCode!));
      },
    );
    sent.once('error', reject);
    sent.end(bytes);
  });
}

/** What holds wherever uploads go. */
function cutUploads(serverOf: () => TestServer): void {
  test(`that break off at ${CUTS} offsets are not imported, until the whole file was put`, async () => {
    const server = serverOf();
    // frames that would be good ones, as far as they come
    const content = Array.from({ length: 1000 }, () => frame({ id: randomBytes(4).toString('hex') })).join('');
    const bytes = Buffer.from(content);
    const random = new Random(20);
    const { requested } = await server.request<{ requested: { id: string; url: string } }>(
      `mutation ($input: RequestUploadInput!) { requested: requestUpload(input: $input) { id url } }`,
      { input: { fileName: 'cut.extxyz', byteLength: bytes.length } },
    );
    for (const offset of [
      0,
      bytes.length - 1,
      ...Array.from({ length: CUTS - 2 }, () => random.integer(bytes.length)),
    ]) {
      const proxy = await startCuttingProxy(new URL(requested.url).origin, offset);
      await expect(put(requested.url, proxy.endpoint, bytes)).rejects.toThrow();
      expect(proxy.bytes()).toBe(offset);
      await proxy.close();
      expect(await errorOf(server, START, { input: { uploads: [requested.id] } })).toMatchObject({
        code: 'INVALID_STATE',
        message: expect.stringMatching(/nothing has been put|\d+ of the \d+ bytes of cut\.extxyz have been put/),
      });
    }
    expect(await put(requested.url, new URL(requested.url).origin, bytes)).toBeLessThan(300);
    const imported = await finishedImport(server, (await startImport(server, [requested.id])).id);
    expect(imported).toMatchObject({ state: 'SUCCEEDED', rejected: 0 });
    expect(imported.inserted + imported.existing).toBe(1000);
  });

  test.each([-1, 0.5, 1e300])('of %d bytes are refused when they are asked for', async (byteLength) => {
    const ask = 'mutation ($input: RequestUploadInput!) { requestUpload(input: $input) { id } }';
    expect(await errorOf(serverOf(), ask, { input: { fileName: 'a', byteLength } })).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('byteLength is'),
    });
  });
}

describe('uploads to the API', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server?.dispose());
  cutUploads(() => server);
});

describeOnS3Servers('uploads to a bucket', (name) => {
  let s3: S3Server;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let server: TestServer;
  beforeAll(async () => {
    s3 = await startS3Server(name);
    database = await testDatabase();
    const environment = { ...s3.environment('weights'), DATABASE_URL: database.url };
    server = await startTestServer({ environment });
  });
  afterAll(async () => {
    await server?.dispose();
    await database?.drop();
    await s3?.stop();
  });
  cutUploads(() => server);
});
