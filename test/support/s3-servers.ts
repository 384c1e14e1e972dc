import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'minio';
import type { S3Settings } from '../../src/artifacts/s3-client.ts';
import type { Environment } from './command.ts';
import { ACCESS_KEY, programOf, REGION, S3_SERVERS, type S3ServerName, SECRET_KEY, startOf } from './s3-programs.ts';
import { skipUnless } from './skips.ts';
import { onSmallDisk } from './small-disk.ts';

/** A real S3 server for tests, on loopback and an empty folder. */
export interface S3Server {
  readonly name: S3ServerName;
  readonly endpoint: string;
  readonly secretKey: string;
  /** Where it keeps its objects; versitygw as `<bucket>/<key>`, MinIO in a form of its own. */
  readonly objectFolder: string;
  readonly pid: number;
  /** How the product reaches a bucket of it, which it may make unless the changes say otherwise. */
  settings(bucket: string, changes?: Partial<S3Settings>): S3Settings;
  /** The same as the environment of a server or a worker. */
  environment(bucket: string): Environment;
  /** The bytes of an object as a stranger reads them; null if there is none. */
  object(bucket: string, key: string): Promise<Buffer | null>;
  /** Puts other bytes in place of an object, as damage or a restored backup does. */
  replace(bucket: string, key: string, bytes: Uint8Array): Promise<void>;
  remove(bucket: string, key: string): Promise<void>;
  /** Keys of all objects of a bucket. */
  keys(bucket: string): Promise<string[]>;
  /** Ends it, and keeps what it holds. */
  halt(): Promise<void>;
  /** Starts it again after `halt`, at the same address. */
  resume(): Promise<void>;
  /** Ends it and removes what it holds. */
  stop(): Promise<void>;
}

/** Whether scripts/s3-servers.sh has built it. */
export function hasS3Server(name: S3ServerName): boolean {
  return existsSync(programOf(name));
}

/** A `describe` for each S3 server; skipped by name where it is not built. */
export function describeOnS3Servers(what: string, body: (name: S3ServerName) => void): void {
  for (const name of S3_SERVERS) {
    skipUnless(hasS3Server(name), name)(`${what} of ${name}`, () => body(name));
  }
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

export interface S3ServerOptions {
  /** Size of the disk that it has for itself, see `canMount`; nothing of it outlives `halt`. */
  readonly diskMebibytes?: number;
}

/** Starts the server on an empty folder, and resolves when it answers; it ends with this process. */
export async function startS3Server(name: S3ServerName, options: S3ServerOptions = {}): Promise<S3Server> {
  const home = await mkdtemp(join(tmpdir(), 'natrium-test-s3-'));
  for (const each of ['objects', 'metadata']) await mkdir(join(home, each), { recursive: true });
  const address = `127.0.0.1:${await unusedPort()}`;
  const endpoint = `http://${address}`;
  let running = await run(name, address, home, options);
  const client = new Client({
    ...{ endPoint: '127.0.0.1', port: Number(new URL(endpoint).port), useSSL: false },
    ...{ accessKey: ACCESS_KEY, secretKey: SECRET_KEY, region: REGION },
  });
  const halt = async () => {
    if (running.child.exitCode === null && running.child.signalCode === null) running.child.kill('SIGKILL');
    await running.ended;
  };
  return {
    name,
    endpoint,
    secretKey: SECRET_KEY,
    objectFolder: join(home, 'objects'),
    get pid() {
      return running.child.pid!;
    },
    settings: (bucket, changes = {}) => ({
      ...{ endpoint, bucket, accessKey: ACCESS_KEY, secretKey: SECRET_KEY, region: REGION, createBucket: true },
      ...changes,
    }),
    environment: (bucket) => ({
      ...{ S3_ENDPOINT: endpoint, S3_BUCKET: bucket, S3_REGION: REGION },
      ...{ S3_ACCESS_KEY: ACCESS_KEY, S3_SECRET_KEY: SECRET_KEY },
    }),
    async object(bucket, key) {
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of await client.getObject(bucket, key)) chunks.push(chunk as Buffer);
        return Buffer.concat(chunks);
      } catch (error) {
        if ((error as { code?: string }).code === 'NoSuchKey') return null;
        throw error;
      }
    },
    async replace(bucket, key, bytes) {
      await client.putObject(bucket, key, Buffer.from(bytes), bytes.byteLength);
    },
    remove: (bucket, key) => client.removeObject(bucket, key),
    async keys(bucket) {
      const objects = (await client.listObjectsV2(bucket, '', true).toArray()) as { name: string }[];
      return objects.map((object) => object.name);
    },
    halt,
    async resume() {
      running = await run(name, address, home, options);
    },
    async stop() {
      await halt();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function run(name: S3ServerName, address: string, folder: string, { diskMebibytes }: S3ServerOptions) {
  const { command, environment } = startOf(name, address, folder);
  const bound = ['setpriv', '--pdeathsig', 'KILL', ...command];
  const whole = diskMebibytes === undefined ? bound : onSmallDisk(join(folder, 'objects'), diskMebibytes, bound);
  const child = spawn(whole[0], whole.slice(1), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment },
    cwd: folder,
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors = `${errors}${chunk}`.slice(-10_000);
  });
  const ended = once(child, 'exit');
  const client = new Client({
    ...{ endPoint: '127.0.0.1', port: Number(address.split(':')[1]), useSSL: false },
    ...{ accessKey: ACCESS_KEY, secretKey: SECRET_KEY, region: REGION },
    retryOptions: { disableRetry: true },
  });
  // MinIO listens before it serves
  while (
    !(await client.listBuckets().then(
      () => true,
      () => false,
    ))
  ) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} ended: ${errors}`);
    await delay(10);
  }
  return { child, ended };
}
