import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outcomeOf, spawnCommand } from '../support/command.ts';
import { testDatabase } from '../support/postgres.ts';
import { describeOnS3Servers, type S3Server, startS3Server } from '../support/s3-servers.ts';

describeOnS3Servers('the demo on a PostgreSQL server and a bucket', (name) => {
  let s3: S3Server;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let folder: string;
  beforeAll(async () => {
    s3 = await startS3Server(name);
    database = await testDatabase();
    folder = mkdtempSync(join(tmpdir(), 'natrium demo '));
  });
  afterAll(async () => {
    await database?.drop();
    await s3?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('runs the whole chain, with weights in the bucket alone', async () => {
    const environment = {
      ...{ DATABASE_URL: database.url, NATRIUM_DATA_FOLDER: folder, NATRIUM_PORT: '0', NATRIUM_WORKERS: '2' },
      ...s3.environment('weights'),
    };
    const { code, stdout, stderr } = await outcomeOf(spawnCommand(['demo'], environment));
    expect(code, stderr).toBe(0);
    for (const said of ['demo-schnet-distribution: succeeded', '@champion', 'compared 8 versions', 'done in']) {
      expect(stdout).toContain(said);
    }
    const keys = await s3.keys('weights');
    // at least a file for each model, and for each seed of the networks
    expect(keys.filter((key) => key.startsWith('sha256/')).length).toBeGreaterThanOrEqual(6 + 2 * 4);
    for (const key of keys) {
      expect(key).toMatch(/^(natrium-check|sha256\/([0-9a-f]{2})\/([0-9a-f]{2})\/\2\3[0-9a-f]{60})$/);
    }
    for (const none of ['artifacts', 'postgres']) expect(existsSync(join(folder, none))).toBe(false);
  });
});
