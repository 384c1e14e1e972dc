// npm run bench -- parse: outputs of Gaussian, ORCA and NWChem against cclib, which parses the same files in the same run.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseOutput } from '../dist/chemistry/outputs/output-file.js';
import { exit, figure } from './lib/figures.mjs';
import { pythonWith } from './lib/python.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const REAL_FILES = join(ROOT, '..', 'shared', 'data', 'logs');
const OWN_FILES = join(ROOT, 'test', 'fixtures', 'outputs');
const CCLIB = 'cclib==1.8.1';
const TIMES_CCLIB = 30;
const MEGABYTES_PER_SECOND = 400;
const BIG_BYTES = 2e9;
const RESIDENT_MEBIBYTES = 256;
const CHUNK_BYTES = 1 << 20;

async function* fileInChunks(path) {
  const bytes = readFileSync(path);
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

/** Megabytes a second, reading the file from disk every time, as cclib does; null if there is nothing to parse. */
async function ourSpeed(path) {
  const name = basename(path);
  const size = readFileSync(path).length;
  const parse = () => parseOutput(fileInChunks(path), name);
  for (let run = 0; run < 300; run++) await parse();
  const start = performance.now();
  let runs = 0;
  while (performance.now() - start < 1500) {
    await parse();
    runs += 1;
  }
  return (runs * size) / 1e3 / (performance.now() - start);
}

async function* bigLog(bytes) {
  const whole = Buffer.concat(bytes);
  for (let sent = 0; sent < BIG_BYTES; sent += whole.length) {
    for (let at = 0; at < whole.length; at += CHUNK_BYTES) yield whole.subarray(at, at + CHUNK_BYTES);
  }
}

const folder = existsSync(REAL_FILES) ? REAL_FILES : OWN_FILES;
const paths = readdirSync(folder)
  .filter((name) => /\.(log|out)$/.test(name) && !name.includes('failure'))
  .map((name) => join(folder, name));

const { stdout, status } = spawnSync(pythonWith(CCLIB), [join(ROOT, 'bench', 'parse_cclib.py'), ...paths], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
});
if (status !== 0) throw new Error(`cclib ended with exit code ${status}`);
const peers = new Map(
  stdout
    .trim()
    .split('\n')
    .map((line) => [JSON.parse(line).path, JSON.parse(line)]),
);

for (const path of paths) {
  const ours = await ourSpeed(path);
  const peer = peers.get(path)?.megabytesPerSecond;
  const ratio = peer === undefined ? null : ours / peer;
  const bound = ratio === null ? 'none: cclib cannot parse it' : `>= ${TIMES_CCLIB}x`;
  figure({
    ...{ name: `parse ${basename(path)}`, value: ours.toFixed(0), unit: 'MB/s' },
    ...{ peer: CCLIB, peerValue: peer?.toFixed(2) ?? '-', ratio },
    ...{ bound, ok: ratio === null || ratio >= TIMES_CCLIB },
  });
}

const gaussian = paths.filter((path) => basename(path).startsWith('gaussian')).map((path) => readFileSync(path));
const start = performance.now();
await parseOutput(bigLog(gaussian), 'big.log');
const speed = BIG_BYTES / 1e3 / (performance.now() - start);
figure({
  ...{ name: 'parse a 2 GB log', value: speed.toFixed(0), unit: 'MB/s' },
  ...{ bound: `>= ${MEGABYTES_PER_SECOND}`, ok: speed >= MEGABYTES_PER_SECOND },
});
const resident = process.resourceUsage().maxRSS / 1024;
figure({
  ...{ name: 'parse a 2 GB log, most memory', value: resident.toFixed(0), unit: 'MiB' },
  ...{ bound: `<= ${RESIDENT_MEBIBYTES}`, ok: resident <= RESIDENT_MEBIBYTES },
});
exit();
