import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { FileUploadStore } from '../../src/artifacts/file-uploads.ts';
import { NatriumError } from '../../src/errors.ts';
import { LOCAL_ADMIN } from '../../src/registry/caller.ts';
import type { Upload } from '../../src/registry/records.ts';
import { computing, openTestRegistry, request, type TestRegistry } from '../support/registry.ts';

const WHOLE = Buffer.from('2\nProperties=species:S:1:pos:R:3\nNa 0 0 0\nNa 0 0 3\n');

let opened: TestRegistry;
beforeAll(async () => {
  opened = await openTestRegistry(computing({}));
});
afterAll(() => opened?.dispose());

/** Puts bytes whatever the registry thinks of it, as an S3 lets whoever has the address. */
function receive(key: string, bytes: Uint8Array): Promise<void> {
  return (opened.ports.uploads as FileUploadStore).receive(key, Readable.from([bytes]));
}

/** An import of an upload to whose address other bytes are put after it was asked for. */
async function importOf(announcedBytes: number | null, later: Uint8Array) {
  const { registry, store } = opened;
  const uploadId = await registry.uploads.request(LOCAL_ADMIN, request('requestUpload'), 'a.extxyz', announcedBytes);
  const [upload] = (await store.uploads.getMany([uploadId])) as [Upload];
  await receive(upload.key, WHOLE);
  const input = { uploadIds: [uploadId], content: 'STRUCTURES', format: null, levelOfTheory: null } as const;
  const importId = await registry.importRequests.start(LOCAL_ADMIN, request('startImport'), input);
  await receive(upload.key, later);
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

test('a job that waits for the store says why, once, and is done when the store is back', async () => {
  const { registry, store, ports } = opened;
  const uploadId = await registry.uploads.request(LOCAL_ADMIN, request('requestUpload'), 'b.extxyz', null);
  const [upload] = (await store.uploads.getMany([uploadId])) as [Upload];
  await receive(upload.key, WHOLE);
  const input = { uploadIds: [uploadId], content: 'STRUCTURES', format: null, levelOfTheory: null } as const;
  const importId = await registry.importRequests.start(LOCAL_ADMIN, request('startImport'), input);
  const full = new NatriumError('UNAVAILABLE', 'its disk is full: make room there');
  const put = vi.spyOn(ports.artifacts, 'putFile').mockRejectedValueOnce(full).mockRejectedValueOnce(full);
  onTestFinished(() => put.mockRestore());
  const waits = vi.fn();
  const stopping = new AbortController().signal;
  await registry.importRuns.run(importId, { worker: 'a:1', id: null, stopping, waits });
  expect(waits.mock.calls).toEqual([['its disk is full: make room there']]);
  expect(await registry.importRequests.find(importId)).toMatchObject({ state: 'SUCCEEDED' });
});
