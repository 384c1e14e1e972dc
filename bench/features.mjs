// npm run bench -- features: running coordination numbers of 28,000 atoms against numpy, two ways, in the same run.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { featureMatrix } from '../dist/ml/features/feature-matrix.js';
import { PAPER_RADII_ANGSTROM, PAPER_SMEARING_ANGSTROM } from '../dist/ml/features/feature-set.js';
import { Random } from '../dist/random.js';
import { exit, figure } from './lib/figures.mjs';
import { pythonWith } from './lib/python.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SIZES = [14, 16, 18, 20, 22, 24, 26].flatMap((size) => Array(200).fill(size));
/** Enough to meet a moment in which the machine does nothing else. */
const RUNS = 150;
const MILLISECONDS = 25;
const TIMES_NUMPY = 5;
const TOLERANCE = 1e-12;
const DEFINITION = {
  runningCoordinationNumbers: { radiiAngstrom: PAPER_RADII_ANGSTROM, smearingAngstrom: PAPER_SMEARING_ANGSTROM },
  grossOrbitalPopulations: null,
};

const random = new Random(5);
const positions = SIZES.map((size) => nearLattice(size));
const sources = positions.map((positionsAngstrom, k) => ({
  name: `cluster ${k}`,
  structure: { atomicNumbers: Array(SIZES[k]).fill(11), positionsAngstrom, charge: 0, multiplicity: 1 },
  populationLabels: null,
  grossOrbitalPopulations: null,
}));

/** Positions (Å) near the sites of a cubic lattice. */
function nearLattice(size) {
  const edge = Math.ceil(Math.cbrt(size));
  const sites = Array.from({ length: size }, (_, k) => [
    k % edge,
    Math.floor(k / edge) % edge,
    Math.floor(k / edge ** 2),
  ]);
  return Float64Array.from(sites.flat(), (site) => 3.5 * site + 0.5 * random.uniform());
}

function ours() {
  let best = Number.POSITIVE_INFINITY;
  let matrix = null;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    matrix = featureMatrix(DEFINITION, sources);
    best = Math.min(best, performance.now() - start);
  }
  return { best, data: matrix.data };
}

function numpys() {
  const folder = mkdtempSync(join(tmpdir(), 'natrium-bench-'));
  try {
    const [task, all] = [join(folder, 'task.json'), join(folder, 'positions')];
    writeFileSync(
      task,
      JSON.stringify({ sizes: SIZES, radii: PAPER_RADII_ANGSTROM, smearing: PAPER_SMEARING_ANGSTROM }),
    );
    writeFileSync(all, Buffer.concat(positions.map((each) => Buffer.from(each.buffer))));
    const python = pythonWith('scipy==1.15.3');
    const { stdout, status } = spawnSync(python, [join(ROOT, 'bench', 'features_numpy.py'), task, all, folder], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      // one core, as ours
      env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
    });
    if (status !== 0) throw new Error(`numpy ended with exit code ${status}`);
    return JSON.parse(stdout).map(({ name, seconds, path }) => {
      const bytes = readFileSync(path);
      return { name, milliseconds: 1000 * seconds, data: new Float64Array(new Uint8Array(bytes).buffer) };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const { best, data } = ours();
const peers = numpys();
const peer = peers.reduce((a, b) => (a.milliseconds <= b.milliseconds ? a : b));
const atoms = SIZES.reduce((sum, size) => sum + size, 0);
const name = `features ${atoms} atoms x ${PAPER_RADII_ANGSTROM.length} radii`;
figure({
  ...{ name, value: best.toFixed(1), unit: 'ms' },
  ...{ bound: `<= ${MILLISECONDS}`, ok: best <= MILLISECONDS },
});
const ratio = peer.milliseconds / best;
figure({
  ...{ name: `${name}, against numpy`, value: best.toFixed(1), unit: 'ms' },
  ...{ peer: `numpy, ${peer.name}`, peerValue: peer.milliseconds.toFixed(1), ratio },
  ...{ bound: `>= ${TIMES_NUMPY}x`, ok: ratio >= TIMES_NUMPY },
});
for (const { name: way, milliseconds, data: theirs } of peers) {
  const deviation = data.reduce((most, value, k) => Math.max(most, Math.abs(value - theirs[k])), 0);
  figure({
    ...{
      name: `features, largest deviation from numpy, ${way}`,
      value: deviation.toExponential(1),
      unit: 'neighbours',
    },
    ...{ peer: `numpy, ${way}`, peerValue: `${milliseconds.toFixed(1)} ms` },
    ...{ bound: `<= ${TOLERANCE}`, ok: theirs.length === data.length && deviation <= TOLERANCE },
  });
}
exit();
