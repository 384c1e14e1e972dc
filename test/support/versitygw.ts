import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const VERSION = 'v1.8.0';

/** A real S3 server for tests, on loopback, with its objects as files. */
export interface Versitygw {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  /** `<objectFolder>/<bucket>/<key>` is the file of an object */
  readonly objectFolder: string;
  stop(): Promise<void>;
}

/** The program that scripts/versitygw.sh has built; undefined when there is none. */
export function findVersitygw(): string | undefined {
  const cache = process.env.TEST_CACHE_FOLDER || join(homedir(), '.cache', 'natrium');
  const program = join(cache, 'bin', `versitygw-${VERSION}`, 'versitygw');
  return existsSync(program) ? program : undefined;
}

/** A port of 127.0.0.1 on which nothing listens now. */
export async function unusedPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Starts versitygw on an empty folder, and resolves when it answers; it ends with this process. */
export async function startVersitygw(): Promise<Versitygw> {
  const folder = await mkdtemp(join(tmpdir(), 'natrium-test-s3-'));
  const objectFolder = join(folder, 'objects');
  const sidecarFolder = join(folder, 'metadata');
  await mkdir(objectFolder);
  await mkdir(sidecarFolder);
  const credentials = { accessKey: 'natrium-test', secretKey: 'natrium-test-secret', region: 'us-east-1' };
  const endpoint = `http://127.0.0.1:${await unusedPort()}`;
  const command = [
    ...['setpriv', '--pdeathsig', 'KILL', findVersitygw()!, '--quiet', '--port', new URL(endpoint).host],
    ...['--access', credentials.accessKey, '--secret', credentials.secretKey, '--region', credentials.region],
    // attributes beside the objects: not every temporary folder can hold extended ones
    ...['posix', '--sidecar', sidecarFolder, objectFolder],
  ];
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const ended = once(child, 'exit');
  for (;;) {
    if (child.exitCode !== null) throw new Error(`versitygw ended: ${Buffer.concat(errors)}`);
    const answers = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (answers) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    endpoint,
    ...credentials,
    objectFolder,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
