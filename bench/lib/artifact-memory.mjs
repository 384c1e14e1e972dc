// A process that stores a file and streams it out again; prints the seconds, and by how many MiB its resident memory grew at most.
// Arguments: the file; the settings of an S3 as JSON, or the folder of a file store.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { FileArtifactStore } from '../../dist/artifacts/file-store.js';
import { S3ArtifactStore } from '../../dist/artifacts/s3-store.js';

const [file, place] = process.argv.slice(2);
const store = place.startsWith('{') ? new S3ArtifactStore(JSON.parse(place)) : new FileArtifactStore(place);

function residentMebibytes(field) {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)[1]) / 1024;
}

await store.check();
await store.get((await store.put(Buffer.from('warm'))).sha256);
globalThis.gc();
await delay(200);
const idle = residentMebibytes('VmRSS');

async function measure(work) {
  // the highest resident memory counts from here on
  writeFileSync('/proc/self/clear_refs', '5');
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1e3;
  return { result, seconds, growthMebibytes: residentMebibytes('VmHWM') - idle };
}

const put = await measure(() => store.putFile(file));
const { sha256, byteLength } = put.result;
const read = await measure(async () => {
  const hash = createHash('sha256');
  let count = 0;
  for await (const chunk of await store.read(sha256)) {
    hash.update(chunk);
    count += chunk.length;
  }
  if (count !== byteLength || hash.digest('hex') !== sha256) throw new Error('other bytes came back');
});
process.stdout.write(JSON.stringify({ idle, put, read }));
