import { expect, test } from 'vitest';
import { S3ArtifactStore } from '../../src/artifacts/s3-store.ts';

function storeAt(endpoint: string): S3ArtifactStore {
  const keys = { accessKey: 'key', secretKey: 'secret' };
  return new S3ArtifactStore({ endpoint, bucket: 'natrium', ...keys, createBucket: false });
}

test.each(['http://[::1]:1', 'http://127.0.0.1:1/', 'http://localhost:1'])('%s is an address', async (endpoint) => {
  const store = storeAt(endpoint);
  expect(store.description).toBe(`the bucket natrium at ${new URL(endpoint).origin}`);
  await expect(store.check()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test.each([
  'http://-minio:9000',
  'http://host/path',
  'http://host/?query',
  'http://host/#part',
  'http://key:hunter2@host',
  'http://:hunter2@host',
])('%s is none', (endpoint) => {
  expect(() => storeAt(endpoint)).toThrow(
    expect.objectContaining({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/^S3_ENDPOINT is no address of an S3: write it as (?!.*hunter2)[^\n]+$/),
    }),
  );
});
