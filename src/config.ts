import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { NatriumError } from './errors.ts';

export interface S3Config {
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
}

/** `json`: a JSON object a line. `text`: for people. */
export type LogFormat = 'json' | 'text';

export interface Config {
  /** The address to listen on. */
  readonly host: string;
  readonly port: number;
  /** Where callers elsewhere reach this server; without a slash at the end. */
  readonly publicUrl: string | null;
  /** Host names that requests may name, beside those of the loopback interface and of `publicUrl`. */
  readonly allowedHosts: readonly string[];
  /** Null: as fits the standard output. */
  readonly logFormat: LogFormat | null;
  readonly dataFolder: string;
  /** Null: the embedded PostgreSQL in the data folder. */
  readonly databaseUrl: string | null;
  /** Null: the file store in the data folder. */
  readonly s3: S3Config | null;
  readonly workers: number;
  /** So many trials of one user run at once; null: as many as there are workers. */
  readonly trialsPerUser: number | null;
  readonly exampleData: boolean;
}

/** Every setting: what it means and what it is when it is not set. The README's table says the same. */
export const SETTINGS = {
  NATRIUM_HOST: {
    default: '127.0.0.1',
    meaning: 'address that the API listens on; with another than a loopback one every request needs a token',
  },
  NATRIUM_PORT: { default: '4000', meaning: 'port of the API and the playground; 0 takes a free one' },
  NATRIUM_PUBLIC_URL: {
    default: '',
    meaning: 'where callers reach it through a proxy, as `https://natrium.example`; then every request needs a token',
  },
  NATRIUM_ALLOWED_HOSTS: {
    default: '',
    meaning: 'further host names that it answers to, separated by commas; then every request needs a token',
  },
  NATRIUM_DATA_FOLDER: {
    default: 'data',
    meaning: 'folder of the embedded database, the file store and the admin token',
  },
  NATRIUM_WORKERS: { default: 'one per core', meaning: 'worker processes to start, 0 to 256' },
  NATRIUM_TRIALS_PER_USER: {
    default: 'no limit',
    meaning: 'trials of one user (name of a token) that run at once, over all workers; the same on each of them',
  },
  NATRIUM_EXAMPLE_DATA: {
    default: 'on',
    meaning: '`on` loads the example data set at the first start, `off` does not',
  },
  NATRIUM_LOG: {
    default: '`text` on a terminal, else `json`',
    meaning: 'form of the log on standard output: lines for people, or a JSON object a line',
  },
  DATABASE_URL: { default: 'embedded PostgreSQL', meaning: '`postgres://user:password@host:5432/database`' },
  S3_ENDPOINT: {
    default: 'file store',
    meaning: 'URL of MinIO or another S3 server; the other S3 settings belong to it',
  },
  S3_BUCKET: { default: 'natrium', meaning: 'bucket of the artifacts; created if it may be' },
  S3_ACCESS_KEY: { default: '', meaning: 'access key' },
  S3_SECRET_KEY: { default: '', meaning: 'secret key' },
  S3_REGION: { default: 'us-east-1', meaning: 'region that requests are signed for' },
} as const;

type Setting = keyof typeof SETTINGS;

/** Reads and checks the environment; the first thing that is wrong is refused in one line. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const unknown = Object.keys(environment).find((name) => name.startsWith('NATRIUM_') && !(name in SETTINGS));
  if (unknown !== undefined) {
    const known = Object.keys(SETTINGS).filter((name) => name.startsWith('NATRIUM_'));
    throw new NatriumError('BAD_USER_INPUT', `unknown setting ${unknown}; there are ${known.join(', ')}`);
  }
  const value = (setting: Setting) => environment[setting] || undefined;

  return Object.freeze({
    host: host(value('NATRIUM_HOST') ?? SETTINGS.NATRIUM_HOST.default),
    port: wholeNumber('NATRIUM_PORT', value('NATRIUM_PORT') ?? SETTINGS.NATRIUM_PORT.default, 0, 65_535),
    publicUrl: publicUrl(value('NATRIUM_PUBLIC_URL')),
    allowedHosts: allowedHosts(value('NATRIUM_ALLOWED_HOSTS')),
    logFormat: readLogFormat(environment),
    dataFolder: resolve(value('NATRIUM_DATA_FOLDER') ?? SETTINGS.NATRIUM_DATA_FOLDER.default),
    databaseUrl: databaseUrl(value('DATABASE_URL')),
    s3: s3(value),
    workers: wholeNumber('NATRIUM_WORKERS', value('NATRIUM_WORKERS') ?? String(availableParallelism()), 0, 256),
    trialsPerUser: mostTrials(value('NATRIUM_TRIALS_PER_USER')),
    exampleData: onOrOff(
      'NATRIUM_EXAMPLE_DATA',
      value('NATRIUM_EXAMPLE_DATA') ?? SETTINGS.NATRIUM_EXAMPLE_DATA.default,
    ),
  });
}

function wholeNumber(setting: Setting, text: string, least: number, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    throw refused(setting, text, `a whole number from ${least} to ${most}`);
  }
  return number;
}

function mostTrials(text: string | undefined): number | null {
  return text === undefined ? null : wholeNumber('NATRIUM_TRIALS_PER_USER', text, 1, 10_000);
}

function onOrOff(setting: Setting, text: string): boolean {
  if (text !== 'on' && text !== 'off') throw refused(setting, text, 'on or off');
  return text === 'on';
}

function host(text: string): string {
  if (isIP(text) === 0 && text !== 'localhost') {
    throw refused('NATRIUM_HOST', text, 'an IP address of this machine, or 0.0.0.0 for all of them');
  }
  return text;
}

function publicUrl(text: string | undefined): string | null {
  if (text === undefined) return null;
  const wanted = 'the address of a server and no more, such as https://natrium.example';
  if (!/^https?:$/.test(protocolOf(text))) throw refused('NATRIUM_PUBLIC_URL', text, wanted);
  const { origin, href } = new URL(text);
  if (href !== `${origin}/`) throw refused('NATRIUM_PUBLIC_URL', text, wanted);
  return origin;
}

function allowedHosts(text = ''): readonly string[] {
  const names = text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  for (const name of names) {
    if (!/^[\w.-]+$|^\[[\da-f:]+\]$/.test(name)) {
      throw refused('NATRIUM_ALLOWED_HOSTS', name, 'names such as natrium.example or 10.0.0.7, without a port');
    }
  }
  return names;
}

/** For processes that need no other setting. */
export function readLogFormat({ NATRIUM_LOG: text }: Readonly<Record<string, string | undefined>>): LogFormat | null {
  if (!text) return null;
  if (text !== 'json' && text !== 'text') throw refused('NATRIUM_LOG', text, 'json or text');
  return text;
}

function databaseUrl(text: string | undefined): string | null {
  if (text === undefined) return null;
  // not echoed: it may hold a password
  if (!/^postgres(ql)?:$/.test(protocolOf(text))) {
    throw new NatriumError('BAD_USER_INPUT', `DATABASE_URL must be ${SETTINGS.DATABASE_URL.meaning}`);
  }
  return text;
}

function s3(value: (setting: Setting) => string | undefined): S3Config | null {
  const endpoint = value('S3_ENDPOINT');
  if (endpoint === undefined) {
    const orphan = (['S3_BUCKET', 'S3_ACCESS_KEY', 'S3_SECRET_KEY', 'S3_REGION'] as const).find(value);
    if (orphan === undefined) return null;
    throw new NatriumError('BAD_USER_INPUT', `${orphan} is set without S3_ENDPOINT; set both or neither`);
  }
  // not echoed: it may hold a key
  if (!/^https?:$/.test(protocolOf(endpoint))) {
    throw new NatriumError('BAD_USER_INPUT', 'S3_ENDPOINT must be a URL such as http://host:9000');
  }
  const required = (setting: Setting) => {
    const text = value(setting);
    if (text === undefined) throw new NatriumError('BAD_USER_INPUT', `S3_ENDPOINT is set, but ${setting} is not`);
    return text;
  };
  return {
    endpoint,
    bucket: value('S3_BUCKET') ?? SETTINGS.S3_BUCKET.default,
    accessKey: required('S3_ACCESS_KEY'),
    secretKey: required('S3_SECRET_KEY'),
    region: value('S3_REGION') ?? SETTINGS.S3_REGION.default,
  };
}

function protocolOf(text: string): string {
  return URL.canParse(text) ? new URL(text).protocol : '';
}

function refused(setting: Setting, text: string, wanted: string): NatriumError {
  return new NatriumError('BAD_USER_INPUT', `${setting} is ${JSON.stringify(text)}; it must be ${wanted}`);
}
