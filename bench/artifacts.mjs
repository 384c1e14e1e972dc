// npm run bench -- artifacts: a file of 2 GB into each artifact store and out again, and as an upload through the API: time, and memory
// above that of the idle process.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createReadStream, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { exit, figure } from './lib/figures.mjs';
import { S3_SERVERS, startS3Server } from './lib/s3-servers.mjs';
import { startServer } from './lib/server.mjs';

const BYTES = 2e9;
const BLOCK_BYTES = 1e6;
const MOST_MEBIBYTES = 128;
const MEMORY = join(dirname(fileURLToPath(import.meta.url)), 'lib', 'artifact-memory.mjs');

/** Blocks that differ from each other, so that nothing can be packed. */
function makeFile(path) {
  const file = openSync(path, 'wx');
  const block = randomBytes(BLOCK_BYTES);
  for (let i = 0; i < BYTES / BLOCK_BYTES; i++) {
    block.writeUInt32LE(i, 0);
    writeSync(file, block);
  }
}

function report(name, seconds, growthMebibytes) {
  figure({ name, value: (BYTES / 1e6 / seconds).toFixed(0), unit: 'MB/s' });
  figure({
    ...{ name: `${name}, most memory above the idle process`, value: growthMebibytes.toFixed(0), unit: 'MiB' },
    ...{ bound: `<= ${MOST_MEBIBYTES}`, ok: growthMebibytes <= MOST_MEBIBYTES },
  });
}

async function measureStore(name, file, place) {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', MEMORY, file, place]);
  const { put, read } = JSON.parse(stdout);
  report(`artifacts, 2 GB into ${name}`, put.seconds, put.growthMebibytes);
  report(`artifacts, 2 GB out of ${name}`, read.seconds, read.growthMebibytes);
}

/** As `natrium import` sends a file. */
async function measureUpload(file) {
  const server = await startServer({ workers: 0 });
  try {
    const { requested } = await server.ask(
      `mutation { requested: requestUpload(input: { fileName: "large", byteLength: ${BYTES} }) { url } }`,
    );
    const idle = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;
    const start = performance.now();
    const status = await new Promise((resolve, reject) => {
      const sent = request(requested.url, { method: 'PUT', headers: { 'content-length': BYTES } }, (response) =>
        resolve(response.resume().statusCode),
      );
      pipeline(createReadStream(file), sent).catch(reject);
    });
    if (status !== 204) throw new Error(`the upload was answered by ${status}`);
    const seconds = (performance.now() - start) / 1e3;
    report('artifacts, upload of 2 GB through the API', seconds, server.residentMebibytes() - idle);
  } finally {
    await server.stop();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'natrium-bench-artifacts-'));
try {
  const file = join(folder, 'source');
  makeFile(file);
  await measureStore('a folder', file, join(folder, 'artifacts'));
  rmSync(join(folder, 'artifacts'), { recursive: true });
  for (const name of S3_SERVERS) {
    const s3 = await startS3Server(name);
    if (s3 === null) {
      console.error(`no ${name}: scripts/s3-servers.sh ${name} builds it`);
      continue;
    }
    try {
      await measureStore(name, file, JSON.stringify(s3.settings));
    } finally {
      await s3.stop();
    }
  }
  await measureUpload(file);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
exit();
