import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'minio';

const KEYS = { accessKey: 'natrium-bench', secretKey: 'natrium-bench-secret', region: 'us-east-1' };
const VERSIONS = { versitygw: 'v1.8.0', minio: 'v0.0.0-20260212201848-7aac2a2c5b7c' };

export const S3_SERVERS = Object.keys(VERSIONS);

function commandOf(name, program, address, folder) {
  const objects = join(folder, 'objects');
  if (name === 'minio') return [program, 'server', '--quiet', '--address', address, objects];
  const keys = ['--access', KEYS.accessKey, '--secret', KEYS.secretKey, '--region', KEYS.region];
  return [program, '--quiet', '--port', address, ...keys, 'posix', '--sidecar', join(folder, 'metadata'), objects];
}

/** An S3 that scripts/s3-servers.sh has built, on an empty folder; null if it is not there. */
export async function startS3Server(name) {
  const cache = process.env.TEST_CACHE_FOLDER || join(homedir(), '.cache', 'natrium');
  const program = join(cache, 'bin', `${name}-${VERSIONS[name]}`, name);
  if (!existsSync(program)) return null;
  const folder = mkdtempSync(join(tmpdir(), 'natrium-bench-s3-'));
  for (const each of ['objects', 'metadata']) mkdirSync(join(folder, each));
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...commandOf(name, program, `127.0.0.1:${port}`, folder)], {
    stdio: 'ignore',
    env: {
      ...process.env,
      ...{ MINIO_ROOT_USER: KEYS.accessKey, MINIO_ROOT_PASSWORD: KEYS.secretKey },
      ...{ MINIO_BROWSER: 'off', MINIO_UPDATE: 'off' },
    },
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
