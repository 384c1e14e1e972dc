import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig, SETTINGS } from '../../src/config.ts';

const S3 = { S3_ENDPOINT: 'http://127.0.0.1:9000', S3_ACCESS_KEY: 'key', S3_SECRET_KEY: 'secret' };

describe('readConfig', () => {
  it('needs no settings at all', () => {
    expect(readConfig({ PATH: '/bin', HOME: '/root' })).toEqual({
      host: '127.0.0.1',
      port: 4000,
      publicUrl: null,
      allowedHosts: [],
      logFormat: null,
      dataFolder: resolve('data'),
      databaseUrl: null,
      s3: null,
      workers: availableParallelism(),
      trialsPerUser: null,
      exampleData: true,
    });
  });

  it('takes every setting', () => {
    const config = readConfig({
      NATRIUM_HOST: '0.0.0.0',
      NATRIUM_PORT: '0',
      NATRIUM_PUBLIC_URL: 'https://Natrium.example/',
      NATRIUM_ALLOWED_HOSTS: 'api, Natrium.lab,10.0.0.7,[fd00::1]',
      NATRIUM_LOG: 'json',
      NATRIUM_DATA_FOLDER: 'some folder',
      NATRIUM_WORKERS: '3',
      NATRIUM_TRIALS_PER_USER: '4',
      NATRIUM_EXAMPLE_DATA: 'off',
      DATABASE_URL: 'postgresql://u:p@db/natrium',
      ...S3,
      S3_BUCKET: 'b',
      S3_REGION: 'eu-north-1',
    });
    expect(config).toEqual({
      host: '0.0.0.0',
      port: 0,
      publicUrl: 'https://natrium.example',
      allowedHosts: ['api', 'natrium.lab', '10.0.0.7', '[fd00::1]'],
      logFormat: 'json',
      dataFolder: resolve('some folder'),
      databaseUrl: 'postgresql://u:p@db/natrium',
      workers: 3,
      trialsPerUser: 4,
      exampleData: false,
      s3: {
        endpoint: 'http://127.0.0.1:9000',
        bucket: 'b',
        accessKey: 'key',
        secretKey: 'secret',
        region: 'eu-north-1',
      },
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('takes an empty setting for one that is not set', () => {
    const empty = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, '']));
    expect(readConfig(empty)).toEqual(readConfig({}));
  });

  it('gives an S3 store the bucket and the region that are usual', () => {
    expect(readConfig(S3).s3).toMatchObject({ bucket: 'natrium', region: 'us-east-1' });
  });

  it.each([
    [
      { NATRIUM_PROT: '1' },
      /^unknown setting NATRIUM_PROT; there are NATRIUM_HOST, NATRIUM_PORT, NATRIUM_PUBLIC_URL, /,
    ],
    [{ NATRIUM_PORT: '65536' }, /^NATRIUM_PORT is "65536"; it must be a whole number from 0 to 65535$/],
    [{ NATRIUM_PORT: '-1' }, /^NATRIUM_PORT is "-1"/],
    [{ NATRIUM_TRIALS_PER_USER: '0' }, /^NATRIUM_TRIALS_PER_USER is "0"; it must be a whole number from 1 to/],
    [{ NATRIUM_PORT: '4e3' }, /^NATRIUM_PORT is "4e3"/],
    [{ NATRIUM_PORT: ' 4000' }, /^NATRIUM_PORT is " 4000"/],
    [{ NATRIUM_WORKERS: '257' }, /^NATRIUM_WORKERS is "257"; it must be a whole number from 0 to 256$/],
    [{ NATRIUM_WORKERS: '1.5' }, /^NATRIUM_WORKERS is "1.5"/],
    [{ NATRIUM_EXAMPLE_DATA: 'yes' }, /^NATRIUM_EXAMPLE_DATA is "yes"; it must be on or off$/],
    [
      { NATRIUM_HOST: 'natrium.example' },
      /^NATRIUM_HOST is "natrium.example"; it must be an IP address of this machine/,
    ],
    [{ NATRIUM_PUBLIC_URL: 'natrium.example' }, /^NATRIUM_PUBLIC_URL is "natrium.example"; it must be the address/],
    [{ NATRIUM_PUBLIC_URL: 'https://natrium.example/api' }, /^NATRIUM_PUBLIC_URL is .* and no more/],
    [{ NATRIUM_PUBLIC_URL: 'ftp://natrium.example' }, /^NATRIUM_PUBLIC_URL is/],
    [{ NATRIUM_ALLOWED_HOSTS: 'a,http://b' }, /^NATRIUM_ALLOWED_HOSTS is "http:\/\/b"; it must be names/],
    [{ NATRIUM_ALLOWED_HOSTS: 'api:4000' }, /^NATRIUM_ALLOWED_HOSTS is "api:4000"/],
    [{ NATRIUM_ALLOWED_HOSTS: '*' }, /^NATRIUM_ALLOWED_HOSTS is "\*"/],
    [{ NATRIUM_LOG: 'xml' }, /^NATRIUM_LOG is "xml"; it must be json or text$/],
    [{ DATABASE_URL: 'mysql://u:p@db/x' }, /^DATABASE_URL must be `postgres:\/\//],
    [{ DATABASE_URL: 'db' }, /^DATABASE_URL must be/],
    [{ ...S3, S3_ENDPOINT: 'minio:9000' }, /^S3_ENDPOINT must be a URL such as http:\/\/host:9000$/],
    [{ S3_ENDPOINT: S3.S3_ENDPOINT, S3_ACCESS_KEY: 'key' }, /^S3_ENDPOINT is set, but S3_SECRET_KEY is not$/],
    [{ S3_ENDPOINT: S3.S3_ENDPOINT, S3_SECRET_KEY: 'secret' }, /^S3_ENDPOINT is set, but S3_ACCESS_KEY is not$/],
    [{ S3_BUCKET: 'natrium' }, /^S3_BUCKET is set without S3_ENDPOINT; set both or neither$/],
  ])('refuses %j in one line that says what would do', (environment, says) => {
    expect(() => readConfig(environment)).toThrow(says);
    expect(() => readConfig(environment)).toThrow(/^[^\n]+$/);
  });

  it('keeps passwords out of its messages', () => {
    expect(() => readConfig({ DATABASE_URL: 'mysql://u:hunter2@db/x' })).toThrow(/^(?!.*hunter2)/);
    expect(() => readConfig({ S3_SECRET_KEY: 'hunter2' })).toThrow(/^(?!.*hunter2)/);
    expect(() => readConfig({ ...S3, S3_ENDPOINT: 's3://key:hunter2@host' })).toThrow(/^(?!.*hunter2)/);
  });
});
