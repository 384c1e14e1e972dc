#!/usr/bin/env node
// Builds the native part of @tensorflow/tfjs-node against libtensorflow of PyPI's tensorflow-cpu, once into a cache folder, and
// prints where it is. Installed dependencies are linked to it at once, others as soon as they are set up. Needs npm, python3
// with pip, tar and g++; no host but the registries of npm and PyPI. Exits with 1 and one line when it cannot.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { BUILT, LOCKED, linkBuilt, NAPI_VERSION, runsOn, TENSORFLOW_VERSION } from './lib/native-tensorflow.mjs';
import { ROOT } from './lib/run.mjs';

const NPM_PACKAGES = [
  { name: '@tensorflow/tfjs-node', version: LOCKED.version, integrity: LOCKED.integrity },
  {
    name: 'node-api-headers',
    version: '1.9.0',
    integrity: 'sha512-2oNILP4jXwRB4ywnYKjVk1YyJ96n2D4EOVJO6S3oYZ5PtbJrw3Yt9TpAuX3nBLMuzn74rnfGQrv13pS9vC+YiA==',
  },
];

const WHEEL = {
  requirement: `tensorflow-cpu==${TENSORFLOW_VERSION}`,
  file: `tensorflow_cpu-${TENSORFLOW_VERSION}-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl`,
  sha256: '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
  // of 207 MB: the C library, and the headers that the binding includes
  libraries: ['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'],
  headers: [
    'tensorflow/include/tensorflow/c/',
    'tensorflow/include/tensorflow/core/platform/ctstring',
    'tensorflow/include/tsl/c/',
    'tensorflow/include/tsl/platform/ctstring',
  ],
};

const UNPACK_WHEEL = `
import sys, zipfile
wheel, folder, *wanted = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(folder, [name for name in archive.namelist() if name.startswith(tuple(wanted))])
`;

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interrupted.abort());

try {
  if (!runsOn(process.versions.node)) {
    throw new Error(`tfjs-node ${LOCKED.version} runs on Node 20 and 22, not on ${process.versions.node}`);
  }
  if (!existsSync(BUILT)) await build();
  if (existsSync(join(ROOT, 'node_modules/@tensorflow/tfjs-node')) && !linkBuilt()) {
    throw new Error('what was built does not load here');
  }
  console.log(BUILT);
} catch (error) {
  console.error(`scripts/native-tensorflow.mjs: ${error.message}`);
  process.exitCode = 1;
}

async function build() {
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== 'linux-x64') throw new Error(`there is no tensorflow-cpu ${TENSORFLOW_VERSION} for ${platform}`);
  await run('g++', ['--version'], 'apt-get install g++');
  await run('python3', ['-m', 'pip', '--version'], 'apt-get install python3-pip');
  mkdirSync(dirname(BUILT), { recursive: true });
  // built beside and moved, so that an interrupted build leaves nothing that looks whole
  const draft = mkdtempSync(`${BUILT}-draft-`);
  try {
    await fetchNpmPackages(draft);
    await fetchWheel(draft);
    await compile(draft);
    renameSync(join(draft, 'whole'), BUILT);
  } catch (error) {
    // somebody else built it at the same time
    if (!existsSync(BUILT)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

async function fetchNpmPackages(draft) {
  const specs = NPM_PACKAGES.map(({ name, version }) => `${name}@${version}`);
  const bounds = ['--fetch-timeout=20000', '--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
  await run('npm', ['pack', '--pack-destination', draft, '--cache', join(draft, 'npm'), ...bounds, ...specs]);
  for (const { name, version, integrity } of NPM_PACKAGES) {
    const file = join(draft, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
    const sha512 = createHash('sha512').update(readFileSync(file)).digest('base64');
    if (`sha512-${sha512}` !== integrity) throw new Error(`${name} ${version} is not the package with ${integrity}`);
    mkdirSync(join(draft, name), { recursive: true });
    await run('tar', ['-xzf', file, '-C', join(draft, name), '--strip-components=1'], 'apt-get install tar');
  }
}

async function fetchWheel(draft) {
  const requirements = join(draft, 'requirements.txt');
  writeFileSync(requirements, `${WHEEL.requirement} --hash=sha256:${WHEEL.sha256}\n`);
  const kind = ['--only-binary=:all:', '--no-deps', '--python-version=3.11', '--platform=manylinux2014_x86_64'];
  const bounds = ['--no-cache-dir', '--timeout=20', '--retries=1'];
  await run('python3', [
    '-m',
    'pip',
    'download',
    '-r',
    requirements,
    '-d',
    draft,
    '--require-hashes',
    ...kind,
    ...bounds,
  ]);
  const wanted = [...WHEEL.libraries, ...WHEEL.headers];
  await run('python3', ['-c', UNPACK_WHEEL, join(draft, WHEEL.file), draft, ...wanted]);
}

async function compile(draft) {
  const whole = join(draft, 'whole');
  mkdirSync(whole);
  const libraries = WHEEL.libraries.map((path) => join(whole, path.replace('tensorflow/', '')));
  for (const [index, path] of WHEEL.libraries.entries()) renameSync(join(draft, path), libraries[index]);
  const binding = join(draft, '@tensorflow/tfjs-node/binding');
  await run('g++', [
    ...['-std=c++17', '-O2', '-shared', '-fPIC', `-DNAPI_VERSION=${NAPI_VERSION}`],
    ...['-I', join(draft, 'node-api-headers/include'), '-I', join(draft, 'tensorflow/include')],
    ...[join(binding, 'tfjs_backend.cc'), join(binding, 'tfjs_binding.cc')],
    // the libraries lie beside the binding wherever it is
    ...[...libraries, '-Wl,-rpath,$ORIGIN', '-o', join(whole, 'tfjs_binding.node')],
  ]);
}

/** Runs a program for ten minutes at most; a failure is one line, with what would help if that is known. */
async function run(program, args, wayOut) {
  const bounds = { timeout: 600_000, killSignal: 'SIGKILL', signal: interrupted.signal, maxBuffer: 2 ** 26 };
  await promisify(execFile)(program, args, bounds).catch((error) => {
    if (error.name === 'AbortError') throw new Error('interrupted');
    if (error.killed) throw new Error(`${program} takes more than ten minutes`);
    const lines = `${error.stderr ?? ''}`.split('\n').filter((line) => line.trim() !== '');
    // pip says ERROR, npm and g++ error
    const said =
      lines.find((line) => /^ERROR|^npm error|: (fatal )?error:/.test(line)) ?? lines.at(-1) ?? error.message;
    const what = error.code === 'ENOENT' ? 'is not installed' : `fails: ${said}`;
    throw new Error(`${program} ${what}${wayOut ? ` (Debian: ${wayOut})` : ''}`);
  });
}
