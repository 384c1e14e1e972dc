import '../../test/support/typescript-hooks.mjs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'minio';

const { ACCESS_KEY, programOf, REGION, S3_SERVERS, SECRET_KEY, startOf } = await import(
  '../../test/support/s3-programs.ts'
);

export { S3_SERVERS };

const KEYS = { accessKey: ACCESS_KEY, secretKey: SECRET_KEY, region: REGION };

/** An S3 that scripts/s3-servers.sh has built, on an empty folder; null if it is not there. */
export async function startS3Server(name) {
  if (!existsSync(programOf(name))) return null;
  const folder = mkdtempSync(join(tmpdir(), 'natrium-bench-s3-'));
  for (const each of ['objects', 'metadata']) mkdirSync(join(folder, each));
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  const { command, environment } = startOf(name, `127.0.0.1:${port}`, folder);
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], {
    stdio: 'ignore',
    env: { ...process.env, ...environment },
  });
  const ended = once(child, 'exit');
  const address = { endPoint: '127.0.0.1', port, useSSL: false };
  const client = new Client({ ...address, ...KEYS, retryOptions: { disableRetry: true } });
  const answers = () =>
    client.listBuckets().then(
      () => true,
      () => false,
    );
  while (!(await answers())) {
    if (child.exitCode !== null) throw new Error(`${name} ended with exit code ${child.exitCode}`);
    await delay(20);
  }
  return {
    settings: { endpoint: `http://127.0.0.1:${port}`, bucket: 'bench', createBucket: true, ...KEYS },
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
