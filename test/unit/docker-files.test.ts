import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { SETTINGS } from '../../src/config.ts';
import { type Instruction, readCompose, readDockerfile, variablesOf } from '../support/compose.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(`${ROOT}${path}`, 'utf8');
const PACKAGE = JSON.parse(read('package.json')) as {
  version: string;
  scripts: Record<string, string>;
  engines: { node: string };
};
const COMPOSE = read('docker/compose.yaml');
const SECRETS = { POSTGRES_PASSWORD: 'a', MINIO_PASSWORD: 'b' };
const DOCKERFILES = ['docker/Dockerfile', 'docker/minio.Dockerfile'];

const of = (instructions: readonly Instruction[], name: string) => instructions.filter((each) => each.name === name);
const last = (instructions: readonly Instruction[]) =>
  instructions.filter(({ stage }) => stage === instructions.at(-1)!.stage);

describe.each(DOCKERFILES)('%s', (path) => {
  const instructions = readDockerfile(read(path));

  test('has several stages, on bases of an exact version', () => {
    const bases = of(instructions, 'FROM').map(({ text }) => text.split(/\s/)[0]);
    expect(bases.length).toBeGreaterThan(1);
    const argument = /^NODE=(.*)$/.exec(of(instructions, 'ARG')[0]?.text ?? '')?.[1];
    for (const base of bases)
      expect(base === `\${NODE}` ? argument : base).toMatch(/^[a-z]+:\d+\.\d+\.\d+-bookworm(-slim)?$/);
  });

  test('runs as a user that is not root, who owns the folder that is written to', () => {
    const final = last(instructions);
    expect(of(final, 'USER').map(({ text }) => text)).toEqual(['node']);
    expect(final.findIndex(({ name }) => name === 'USER')).toBeGreaterThan(
      final.findLastIndex(({ name }) => name === 'RUN'),
    );
    expect(of(final, 'RUN').at(-1)!.text).toMatch(/^install -d -o node -g node -m 700 \//);
  });

  test('copies what exists and .dockerignore lets through', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const stages = of(instructions, 'FROM').map(({ text }) => /\sAS\s+(\S+)$/.exec(text)?.[1]);
    for (const { text } of of(instructions, 'COPY')) {
      const from = /^--from=(\S+)\s/.exec(text)?.[1];
      if (from !== undefined) {
        expect(stages).toContain(from);
        continue;
      }
      for (const source of text.split(/\s+/).slice(0, -1)) {
        expect(existsSync(`${ROOT}${source}`), source).toBe(true);
        expect(allowed).toContain(source);
      }
    }
  });

  test('runs scripts of package.json only', () => {
    const scripts = of(instructions, 'RUN').flatMap(({ text }) =>
      [...text.matchAll(/npm run (\S+)/g)].map(([, name]) => name),
    );
    for (const name of scripts) expect(Object.keys(PACKAGE.scripts)).toContain(name);
    const installs = of(instructions, 'RUN').filter(({ text }) => /npm (install|ci)/.test(text));
    for (const { text } of installs) expect(text).toMatch(/^npm ci /);
  });
});

describe('docker/compose.yaml', () => {
  const { services, volumes } = readCompose(COMPOSE, SECRETS);
  const natrium = readDockerfile(read('docker/Dockerfile'));

  test('has the four services, each with a health check, and starts them in order', () => {
    expect(Object.keys(services).sort()).toEqual(['api', 'minio', 'postgres', 'worker']);
    for (const { healthcheck, depends_on = {} } of Object.values(services)) {
      expect(healthcheck.test[0]).toBe('CMD');
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect(services).toHaveProperty(name);
        expect(condition).toBe('service_healthy');
      }
    }
  });

  test('pins every image, the project by its version', () => {
    for (const { image } of Object.values(services)) expect(image).toMatch(/:[\w.-]*\d[\w.-]*$/);
    expect(services.api.image).toBe(`natrium:${PACKAGE.version}`);
    expect(services.worker.image).toBe(services.api.image);
  });

  test('keeps what must not be lost in volumes that are declared', () => {
    const kept = Object.values(services).flatMap(({ volumes: mounted = [] }) =>
      mounted.map((each) => each.split(':')[0]),
    );
    expect(kept.sort()).toEqual(Object.keys(volumes).sort());
  });

  test('asks for its secrets, holds none, and refuses to start without', () => {
    expect(() => readCompose(COMPOSE, {})).toThrow(/POSTGRES_PASSWORD: copy docker\/example\.env to docker\/\.env/);
    expect(() => readCompose(COMPOSE, { POSTGRES_PASSWORD: 'a' })).toThrow(/MINIO_PASSWORD: copy/);
    expect(COMPOSE).not.toMatch(/(PASSWORD|SECRET_KEY): (?!\$\{)/);
  });

  test('takes the variables that docker/example.env explains, and no others', () => {
    const explained = [...read('docker/example.env').matchAll(/^(\w+)=/gm)].map(([, name]) => name);
    expect(explained.sort()).toEqual(variablesOf(COMPOSE));
    expect(read('docker/example.env')).toMatch(/^POSTGRES_PASSWORD=$/m);
    expect(read('.gitignore').split('\n')).toContain('.env');
  });

  test('gives api and worker settings that there are', () => {
    for (const name of ['api', 'worker'])
      for (const setting of Object.keys(services[name].environment)) expect(Object.keys(SETTINGS)).toContain(setting);
    for (const { text } of of(natrium, 'ENV'))
      for (const [, setting] of text.matchAll(/(NATRIUM_\w+)=/g)) expect(Object.keys(SETTINGS)).toContain(setting);
  });

  test('runs what its images run', () => {
    const command = (path: string) => JSON.parse(of(last(readDockerfile(read(path))), 'CMD')[0].text) as string[];
    expect(services.api.command).toEqual(command('docker/Dockerfile'));
    expect(services.minio.command).toEqual(command('docker/minio.Dockerfile'));
    for (const { healthcheck } of [services.api, services.worker, services.minio])
      expect(existsSync(`${ROOT}${healthcheck.test[2]}`)).toBe(true);
  });
});

test('MinIO is the version that the tests use', () => {
  const [, version] = /minio@(\S+)/.exec(read('docker/minio.Dockerfile'))!;
  expect(version).toBe('v0.0.0-20260212201848-7aac2a2c5b7c');
});
