// npm run bench -- import: 50,000 clusters of 20 atoms with their shieldings into a fresh server, once and once more, against ASE
// and its database, which take the first of the same clusters in the same run.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clusters } from './lib/clusters.mjs';
import { exit, figure } from './lib/figures.mjs';
import { importFile } from './lib/import-file.mjs';
import { pythonWith } from './lib/python.mjs';
import { startServer } from './lib/server.mjs';

const CLUSTERS = 50_000;
const ATOMS = 20;
const PEER_CLUSTERS = 2000;
const ASE = 'ase==3.26.0';
const SECONDS = 300;
const RESIDENT_MEBIBYTES = 512;

const folder = mkdtempSync(join(tmpdir(), 'natrium-bench-import-'));
const path = join(folder, 'bench.extxyz');
const peerPath = join(folder, 'peer.extxyz');
const file = openSync(path, 'w');
for (let first = 0; first < CLUSTERS; first += 1000) writeSync(file, clusters(first, 1000, ATOMS));
writeFileSync(peerPath, clusters(0, PEER_CLUSTERS, ATOMS));

const server = await startServer({ workers: 2 });
try {
  const once = await importFile(server, path);
  const again = await importFile(server, path);
  const peer = spawnSync(pythonWith(ASE), [join(dirname(fileURLToPath(import.meta.url)), 'import_ase.py'), peerPath], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { clustersPerSecond } = JSON.parse(peer.stdout);
  const speed = CLUSTERS / once.seconds;
  figure({
    ...{ name: `import ${CLUSTERS * ATOMS} atoms (${(statSync(path).size / 1e6).toFixed(0)} MB)`, unit: 'clusters/s' },
    ...{ value: speed.toFixed(0), peer: `${ASE} and its db`, peerValue: clustersPerSecond.toFixed(0) },
    ratio: speed / clustersPerSecond,
  });
  const within = (name, { seconds }, count, expected) =>
    figure({
      name,
      value: seconds.toFixed(1),
      unit: 's',
      bound: `<= ${SECONDS}`,
      ok: seconds <= SECONDS && count === expected,
    });
  within('import, whole', once, once.inserted, CLUSTERS);
  within('import of the same again, which adds nothing', again, again.existing, CLUSTERS);
  const resident = server.residentMebibytes();
  figure({
    ...{ name: 'import, most memory of the API', value: resident.toFixed(0), unit: 'MiB' },
    ...{ bound: `<= ${RESIDENT_MEBIBYTES}`, ok: resident <= RESIDENT_MEBIBYTES },
  });
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
exit();
