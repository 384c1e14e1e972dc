import { homedir } from 'node:os';
import { join } from 'node:path';

export type S3ServerName = 'versitygw' | 'minio';

interface Kind {
  /** Folder of the cache in which scripts/s3-servers.sh has built it. */
  readonly folder: string;
  start(program: string, address: string, folder: string): { command: string[]; environment: NodeJS.ProcessEnv };
}

export const ACCESS_KEY = 'natrium-test';
export const SECRET_KEY = 'natrium-test-secret';
export const REGION = 'us-east-1';

const KINDS: Readonly<Record<S3ServerName, Kind>> = {
  versitygw: {
    folder: 'versitygw-v1.8.0',
    start: (program, address, folder) => ({
      command: [
        ...[program, '--quiet', '--port', address],
        ...['--access', ACCESS_KEY, '--secret', SECRET_KEY, '--region', REGION],
        // attributes beside the objects: not every temporary folder can hold extended ones
        ...['posix', '--sidecar', join(folder, 'metadata'), join(folder, 'objects')],
      ],
      environment: {},
    }),
  },
  minio: {
    folder: 'minio-v0.0.0-20260212201848-7aac2a2c5b7c',
    start: (program, address, folder) => ({
      command: [program, 'server', '--quiet', '--address', address, join(folder, 'objects')],
      environment: {
        ...{ MINIO_ROOT_USER: ACCESS_KEY, MINIO_ROOT_PASSWORD: SECRET_KEY, MINIO_REGION: REGION },
        ...{ MINIO_BROWSER: 'off', MINIO_UPDATE: 'off' },
      },
    }),
  },
};

export const S3_SERVERS = Object.keys(KINDS) as S3ServerName[];

/** Where the program of a server is, once scripts/s3-servers.sh has built it. */
export function programOf(name: S3ServerName): string {
  const cache = process.env.TEST_CACHE_FOLDER || join(homedir(), '.cache', 'natrium');
  return join(cache, 'bin', KINDS[name].folder, name);
}

/** How a server is started that keeps its objects in `objects` of a folder, and versitygw what it knows of them in `metadata`. */
export function startOf(name: S3ServerName, address: string, folder: string) {
  return KINDS[name].start(programOf(name), address, folder);
}
