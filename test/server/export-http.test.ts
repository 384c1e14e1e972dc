import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { artifactKey } from '../../src/artifacts/artifact-store.ts';
import { type ApiServer, startApiServer } from '../support/api.ts';
import { download, importDataset, openDownload, tensorClusters } from '../support/exports.ts';
import { startTestServer, until } from '../support/server.ts';

let server: ApiServer;
let url: string;
let whole: Buffer;
let etag: string;

/** The settings of another server on the same database. */
const besides = () => ({ DATABASE_URL: server.databaseUrl, NATRIUM_WORKERS: '0' });
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const temporaryFiles = () => {
  const folder = join(server.dataFolder, 'temporary');
  return existsSync(folder) ? readdirSync(folder) : [];
};

beforeAll(async () => {
  server = await startApiServer();
  // 6,000 atoms: read from the store in two parts, and larger than what buffers on the way hold
  await importDataset(server, 'large', tensorClusters(300, 20, 1));
  url = `${server.url}/exports/large/1.extxyz`;
  whole = (await download(url)).bytes;
  etag = `"${sha256(whole)}"`;
});
afterAll(() => server?.dispose());

describe('a file that was made', () => {
  test('comes with its length and its sha256, again and again', async () => {
    for (let i = 0; i < 2; i++) {
      const { status, headers, bytes } = await download(url);
      expect(status).toBe(200);
      expect(headers).toMatchObject({ etag, 'content-length': String(whole.length), 'accept-ranges': 'bytes' });
      expect(Buffer.compare(bytes, whole)).toBe(0);
    }
  });

  test('answers HEAD as GET without the bytes', async () => {
    const { status, headers, bytes } = await download(url, {}, 'HEAD');
    expect([status, bytes.length]).toEqual([200, 0]);
    expect(headers).toMatchObject({ etag, 'content-length': String(whole.length), 'accept-ranges': 'bytes' });
  });

  test('goes on wherever it was cut', async () => {
    for (const cut of [1, 1000, 65_536, 65_537, Math.floor(whole.length / 2), whole.length - 1]) {
      const rest = await download(url, { range: `bytes=${cut}-`, 'if-range': etag });
      expect(rest.status).toBe(206);
      expect(rest.headers).toMatchObject({
        etag,
        'content-length': String(whole.length - cut),
        'content-range': `bytes ${cut}-${whole.length - 1}/${whole.length}`,
      });
      expect(Buffer.compare(Buffer.concat([whole.subarray(0, cut), rest.bytes]), whole)).toBe(0);
    }
  });

  test.each<[string, (n: number) => [number, number]]>([
    ['bytes=0-0', () => [0, 1]],
    ['bytes=100-199', () => [100, 200]],
    ['bytes=-7', (n) => [n - 7, n]],
    ['bytes=5-999999999999', (n) => [5, n]],
    ['bytes=-999999999999', (n) => [0, n]],
  ])('answers %s', async (range, bounds) => {
    const [start, end] = bounds(whole.length);
    const { status, headers, bytes } = await download(url, { range });
    expect(status).toBe(206);
    expect(headers['content-range']).toBe(`bytes ${start}-${end - 1}/${whole.length}`);
    expect(Buffer.compare(bytes, whole.subarray(start, end))).toBe(0);
  });

  test.each<[string, Record<string, string>]>([
    ['several ranges', { range: 'bytes=0-1,5-6' }],
    ['a range that makes no sense', { range: 'bytes=x-y' }],
    ['a range in another unit', { range: 'atoms=0-5' }],
    ['a range of something else', { range: 'bytes=5-', 'if-range': '"other"' }],
    ['a range of a weak tag', { range: 'bytes=5-', 'if-range': 'W/"x"' }],
    ['a range of a date', { range: 'bytes=5-', 'if-range': 'Wed, 21 Oct 2015 07:28:00 GMT' }],
    ['another tag', { 'if-none-match': '"other"' }],
  ])('is answered whole for %s', async (_, headers) => {
    const answer = await download(url, headers);
    expect(answer.status).toBe(200);
    expect(Buffer.compare(answer.bytes, whole)).toBe(0);
  });

  test.each(['bytes=999999999999-', 'bytes=-0'])('refuses %s', async (range) => {
    const { status, headers, bytes } = await download(url, { range });
    expect(status).toBe(416);
    expect(headers['content-range']).toBe(`bytes */${whole.length}`);
    expect(JSON.parse(bytes.toString()).errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });

  test.each([() => etag, () => `"other", ${etag}`, () => `W/${etag}`, () => '*'])(
    'is not sent to who has it (%#)',
    async (tag) => {
      for (const method of ['GET', 'HEAD']) {
        const { status, headers, bytes } = await download(url, { 'if-none-match': tag() }, method);
        expect([status, headers.etag, bytes.length]).toEqual([304, etag, 0]);
      }
    },
  );

  test('is the same from another server, and after a restart', async () => {
    const other = await startTestServer({ environment: besides() });
    const path = artifactKey(sha256(whole));
    // its artifacts are in a folder that the other one does not see: it makes the file again, and it is the same
    expect(Buffer.compare((await download(`${other.url}/exports/large/1.extxyz`)).bytes, whole)).toBe(0);
    expect(sha256(readFileSync(join(other.dataFolder, 'artifacts', path)))).toBe(sha256(whole));
    await other.stop();
    const environment = besides();
    const again = await startTestServer({ dataFolder: other.dataFolder, environment });
    const { headers, bytes } = await download(`${again.url}/exports/large/1.extxyz`);
    expect(headers.etag).toBe(etag);
    expect(Buffer.compare(bytes, whole)).toBe(0);
    await again.dispose();
  });

  test.each([
    [
      'is damaged',
      (intact: Buffer) => Buffer.concat([intact.subarray(0, 100), Buffer.from('~'), intact.subarray(101)]),
    ],
    ['has grown by a byte', (intact: Buffer) => Buffer.concat([intact, Buffer.from('~')])],
    ['has doubled', (intact: Buffer) => Buffer.concat([intact, intact])],
  ])('never comes complete when it %s, and is then made again', async (_, damage) => {
    const path = join(server.dataFolder, 'artifacts', artifactKey(sha256(whole)));
    writeFileSync(path, damage(whole));
    const answer = await download(url);
    expect(answer.broken).not.toBeNull();
    expect(answer.bytes.length).toBeLessThan(whole.length);
    expect(Buffer.compare((await download(url)).bytes, whole)).toBe(0);
    expect((await download(url)).headers.etag).toBe(etag);
  });
});

describe('a file that nobody asked for before', () => {
  let datasets = 0;
  /** The address of an export of new data. */
  const fresh = async (extension = 'extxyz', clusters = 100) => {
    const name = `fresh-${++datasets}`;
    await importDataset(server, name, tensorClusters(clusters, 20, 100 + datasets));
    return `${server.url}/exports/${name}/1.${extension}`;
  };

  test('is sent while it is made, once for all who ask', async () => {
    for (const extension of ['extxyz', 'csv', 'jsonl', 'arrow']) {
      const address = await fresh(extension);
      const [a, b, c] = await Promise.all([download(address), download(address), download(address)]);
      expect([a.broken, a.status, a.headers['content-length']]).toEqual([null, 200, undefined]);
      expect([b.bytes, c.bytes].map((bytes) => Buffer.compare(bytes, a.bytes))).toEqual([0, 0]);
      const later = await download(address);
      expect(later.headers.etag).toBe(`"${sha256(a.bytes)}"`);
      expect(Buffer.compare(later.bytes, a.bytes)).toBe(0);
    }
    await until(async () => temporaryFiles().length === 0, 'the end of the temporary files');
  });

  test('is finished though who asked went away, and then resumed', async () => {
    const address = await fresh();
    const response = await openDownload(address);
    const [beginning] = (await once(response, 'data')) as [Buffer];
    response.destroy();
    const rest = await download(address, { range: `bytes=${beginning.length}-` });
    expect(rest.status).toBe(206);
    const joined = Buffer.concat([beginning, rest.bytes]);
    expect(rest.headers.etag).toBe(`"${sha256(joined)}"`);
    expect(Buffer.compare((await download(address)).bytes, joined)).toBe(0);
  });

  test('waits for a range until it is made', async () => {
    const address = await fresh('arrow');
    const [range, all] = await Promise.all([download(address, { range: 'bytes=-6' }), download(address)]);
    expect([range.status, range.bytes.toString()]).toEqual([206, 'ARROW1']);
    expect(all.bytes.subarray(0, 6).toString()).toBe('ARROW1');
  });

  test('has no length for HEAD, which makes nothing', async () => {
    const address = await fresh('csv', 2);
    const { status, headers } = await download(address, {}, 'HEAD');
    expect([status, headers.etag, headers['content-length']]).toEqual([200, undefined, undefined]);
    expect(
      await server.sql(
        `SELECT count(*)::int FROM exports e JOIN dataset_versions v ON v.id = e.dataset_version_id
      JOIN datasets d ON d.id = v.dataset_id WHERE d.name = $1`,
        [`fresh-${datasets}`],
      ),
    ).toEqual([{ count: 0 }]);
  });

  test('is made first for HTTP 1.0, in which an answer of unknown length cannot be told from one cut off', async () => {
    const address = new URL(await fresh('csv', 2));
    const socket = connect(Number(address.port), address.hostname);
    socket.write(`GET ${address.pathname} HTTP/1.0\r\nHost: ${address.host}\r\n\r\n`);
    const answer = Buffer.concat(await socket.toArray()).toString();
    const [head, body] = answer.split('\r\n\r\n');
    expect(/Content-Length: (\d+)/.exec(head)?.[1]).toBe(String(Buffer.byteLength(body)));
  });

  test('breaks off when it cannot be made to its end', async () => {
    const address = await fresh('jsonl');
    const label = `t-${100 + datasets}-99`;
    await server.sql(`UPDATE calculations SET energy_hartree = 'Infinity' WHERE label = $1`, [label]);
    for (let i = 0; i < 2; i++) {
      const { status, bytes, broken } = await download(address);
      expect([status, broken === null]).toEqual([200, false]);
      expect(bytes.toString()).not.toContain(`"${label}"`);
    }
    const range = await download(address, { range: 'bytes=0-' });
    expect([range.status, JSON.parse(range.bytes.toString()).errors[0].extensions.code]).toEqual([
      400,
      'NON_FINITE_NUMBER',
    ]);
    await server.sql(`UPDATE calculations SET energy_hartree = -1 WHERE label = $1`, [label]);
    expect((await download(address)).bytes.toString()).toContain(`"${label}"`);
    await until(async () => temporaryFiles().length === 0, 'the end of the temporary files');
  });

  test('breaks off when it cannot be stored', async () => {
    const address = await fresh();
    const folder = join(server.dataFolder, 'artifacts');
    renameSync(folder, `${folder}-away`);
    writeFileSync(folder, 'not a folder');
    const { status, broken } = await download(address);
    expect([status, broken === null]).toEqual([200, false]);
    const range = await download(address, { range: 'bytes=0-' });
    expect([range.status, range.headers['content-disposition']]).toEqual([503, undefined]);
    rmSync(folder);
    renameSync(`${folder}-away`, folder);
    expect((await download(address)).broken).toBeNull();
  });
});

test('a server that stops while it makes a file leaves nothing, and sends no half file for a whole one', async () => {
  const stopping = await startTestServer({ environment: besides() });
  const response = await openDownload(`${stopping.url}/exports/large/1.arrow`);
  const stopped = stopping.stop();
  const chunks: Buffer[] = [];
  const broken = await (async () => {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  })().then(
    () => null,
    (error: Error) => error,
  );
  await stopped;
  expect(readdirSync(join(stopping.dataFolder, 'temporary'))).toEqual([]);
  const { bytes } = await download(`${server.url}/exports/large/1.arrow`);
  if (broken === null) expect(Buffer.compare(Buffer.concat(chunks), bytes)).toBe(0);
  else expect(Buffer.concat(chunks).length).toBeLessThan(bytes.length);
  await stopping.dispose();
});

test('what a server left behind is removed at the next start', async () => {
  const first = await startTestServer({ environment: besides() });
  await download(`${first.url}/exports/large/1.csv`);
  await first.stop();
  const folder = join(first.dataFolder, 'temporary');
  // no process has this number: Linux counts to 4,194,304
  const leftover = '9999999-0123456789abcdef.tmp';
  writeFileSync(join(folder, leftover), 'half');
  writeFileSync(join(folder, 'of somebody else'), '');
  const environment = besides();
  const second = await startTestServer({ dataFolder: first.dataFolder, environment });
  expect(readdirSync(folder)).toEqual(['of somebody else']);
  await second.dispose();
});

test('CSV has one header, however many parts it is made of', async () => {
  const lines = (await download(`${server.url}/exports/large/1.csv`)).bytes.toString().trimEnd().split('\r\n');
  expect(lines).toHaveLength(1 + 300 * 20);
  expect(lines.filter((line) => line.includes('x_angstrom'))).toEqual([lines[0]]);
});

describe('a request that cannot be answered', () => {
  test.each([
    ['nothing/1.csv', 404, 'NOT_FOUND', /no data set "nothing"/],
    ['large/2.csv', 404, 'NOT_FOUND', /has no version 2; its newest is 1/],
    ['large/1.zip', 400, 'BAD_USER_INPUT', /names no format of export; a name ends with \.extxyz/],
    ['large/1', 400, 'BAD_USER_INPUT', /names no format/],
    ['large/x.csv', 400, 'BAD_USER_INPUT', /not of the form/],
    ['large/.csv', 400, 'BAD_USER_INPUT', /not of the form/],
    ['large/1@2.csv', 400, 'BAD_USER_INPUT', /not of the form/],
    ['..%2flarge/1.csv', 400, 'BAD_USER_INPUT', /not of the form/],
    ['%ff/1.csv', 400, 'BAD_USER_INPUT', /cannot be read/],
    ['large', 404, 'NOT_FOUND', /nothing at/],
    ['large/1.csv/more', 404, 'NOT_FOUND', /nothing at/],
    ['n%00n/1.csv', 400, 'BAD_USER_INPUT', /not of the form/],
    ['large/1.csv?featureSet=c%00n/1', 400, 'BAD_USER_INPUT', /not of the form/],
  ])('%s', async (path, status, code, message) => {
    const answer = await download(`${server.url}/exports/${path}`);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(JSON.parse(answer.bytes.toString())).toEqual({
      errors: [{ message: expect.stringMatching(message), extensions: { code } }],
    });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-disposition']).toBeUndefined();
  });

  test('a token must be one that is known; any role may read', async () => {
    expect((await download(url, { authorization: 'Bearer unknown' })).status).toBe(401);
    const { token } = await server.request<{ token: { secret: string } }>(
      `mutation { token: createApiToken(input: { name: "reader", role: READER }) { secret } }`,
    );
    const authorization = `Bearer ${token.secret}`;
    expect((await download(url, { authorization })).status).toBe(200);
    expect((await download(`${server.url}/exports/large/1.jsonl`, { authorization })).broken).toBeNull();
    const [row] = await server.sql(`SELECT created_by FROM exports WHERE format = 'QCSCHEMA' ORDER BY id DESC LIMIT 1`);
    expect(row).toEqual({ created_by: 'reader' });
  });

  test('not from another page', async () => {
    expect((await download(url, { origin: 'http://example.org' })).status).toBe(403);
  });
});
