import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL_ADMIN } from '../../src/registry/caller.ts';
import type { Upload } from '../../src/registry/records.ts';
import { computing, openTestRegistry, request, type TestRegistry } from '../support/registry.ts';

const WHOLE = Buffer.from('2\nProperties=species:S:1:pos:R:3\nNa 0 0 0\nNa 0 0 3\n');

let opened: TestRegistry;
beforeAll(async () => {
  opened = await openTestRegistry(computing({}));
});
afterAll(() => opened?.dispose());

/** An import of an upload to whose address other bytes are put after it was asked for, as an S3 lets whoever has the address. */
async function importOf(announcedBytes: number | null, later: Uint8Array) {
  const { registry, store, ports } = opened;
  const uploadId = await registry.uploads.request(LOCAL_ADMIN, request('requestUpload'), 'a.extxyz', announcedBytes);
  const [upload] = (await store.uploads.getMany([uploadId])) as [Upload];
  const receive = (bytes: Uint8Array) =>
    (ports.uploads as unknown as { receive(key: string, content: Readable): Promise<void> }).receive(
      upload.key,
      Readable.from([bytes]),
    );
  await receive(WHOLE);
  const input = { uploadIds: [uploadId], content: 'STRUCTURES', format: null, levelOfTheory: null } as const;
  const importId = await registry.importRequests.start(LOCAL_ADMIN, request('startImport'), input);
  await receive(later);
  await registry.importRuns.run(importId, { worker: 'a:1', id: null, stopping: new AbortController().signal });
  return registry.importRequests.find(importId);
}

test('what is put in place of a whole upload while it is imported is not imported if it has another length', async () => {
  expect(await importOf(WHOLE.length, WHOLE.subarray(0, 40))).toMatchObject({
    state: 'FAILED',
    inserted: 0,
    failure: expect.stringMatching(
      /^the upload of a\.extxyz had 40 of 51 bytes when it was taken: .*ask requestUpload/,
    ),
  });
  expect(await importOf(WHOLE.length, WHOLE)).toMatchObject({ state: 'SUCCEEDED', rejected: 0 });
});

test.each(['\0', 'a', '..', 'A'.repeat(64), `${'a'.repeat(64)}\n`])('%j is no key of an upload', async (key) => {
  await expect(opened.registry.uploads.open(key)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
