// npm run bench -- relax: clusters of 20 atoms on the Gupta potential, against numpy and scipy's L-BFGS-B in the same run.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { relaxCluster } from '../dist/chemistry/relaxation.js';
import { generateCluster } from '../dist/chemistry/s-blda/generator.js';
import { PAPER_LAWS } from '../dist/chemistry/s-blda/law.js';
import { exit, figure } from './lib/figures.mjs';
import { pythonWith } from './lib/python.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SCIPY = 'scipy==1.16.3';
const CLUSTERS = 1000;
const ATOMS = 20;
const MOST_SECONDS = 20;
const PEER_CLUSTERS = 100;
const FORCE_EV_PER_ANGSTROM = 1e-6;
/** Two minima are the same if no distance, in ascending order, differs by more. */
const SAME_ANGSTROM = 1e-3;
const SAME_EV = 1e-9;

const generation = { element: 'Na', sizes: [ATOMS], clustersPerSize: CLUSTERS, laws: PAPER_LAWS, seed: 1 };
const starts = Array.from(
  { length: CLUSTERS },
  (_, index) => generateCluster(generation, index).structure.positionsAngstrom,
);
const relax = (positionsAngstrom) =>
  relaxCluster({ atomicNumbers: Array(ATOMS).fill(11), positionsAngstrom, charge: 0, multiplicity: 1 }, 'a cluster', {
    forceToleranceEvPerAngstrom: FORCE_EV_PER_ANGSTROM,
  });

function peer(relaxed) {
  const { stdout, stderr, status } = spawnSync(pythonWith(SCIPY), [join(ROOT, 'bench', 'relax_scipy.py')], {
    input: JSON.stringify({
      forceToleranceEvPerAngstrom: FORCE_EV_PER_ANGSTROM,
      starts: starts.slice(0, PEER_CLUSTERS).map((positions) => [...positions]),
      relaxed: relaxed.map((positions) => [...positions]),
    }),
    env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`scipy ended with exit code ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

function distances(positions) {
  const all = [];
  for (let i = 0; i < positions.length; i += 3) {
    for (let j = 0; j < i; j += 3) {
      all.push(Math.hypot(...[0, 1, 2].map((axis) => positions[i + axis] - positions[j + axis])));
    }
  }
  return all.sort((a, b) => a - b);
}

function isSame(a, b) {
  const other = distances(b);
  return distances(a).every((distance, k) => Math.abs(distance - other[k]) <= SAME_ANGSTROM);
}

for (const start of starts.slice(0, 20)) relax(start);
const cpuBefore = process.cpuUsage();
const begin = performance.now();
const relaxations = starts.map(relax);
const seconds = (performance.now() - begin) / 1e3;
const cpu = process.cpuUsage(cpuBefore);
const cores = (cpu.user + cpu.system) / 1e6 / seconds;

const relaxed = relaxations.map(({ structure }) => structure.positionsAngstrom);
const theirs = peer(relaxed);
const peerSeconds = (theirs.seconds / PEER_CLUSTERS) * CLUSTERS;
figure({
  ...{ name: `relax ${CLUSTERS} clusters of ${ATOMS} atoms (${cores.toFixed(2)} cores)`, value: seconds.toFixed(2) },
  ...{ unit: 's', peer: `${SCIPY}, ${PEER_CLUSTERS} of them, scaled`, peerValue: peerSeconds.toFixed(1) },
  ...{ ratio: peerSeconds / seconds, bound: `<= ${MOST_SECONDS}`, ok: seconds <= MOST_SECONDS },
});

const converged = relaxations.filter(({ outcome }) => outcome === 'converged').length;
const peerConverged = theirs.minima.filter((minimum) => minimum.converged).length;
figure({
  ...{ name: 'relax, converged', value: converged, unit: `of ${CLUSTERS}` },
  ...{ peer: `${SCIPY}, of ${PEER_CLUSTERS}`, peerValue: peerConverged },
  ...{ bound: `= ${CLUSTERS}`, ok: converged === CLUSTERS },
});
const force = Math.max(...theirs.relaxed.map(({ largestForceEvPerAngstrom }) => largestForceEvPerAngstrom));
figure({
  ...{ name: 'relax, largest force at the end by numpy', value: force.toExponential(1), unit: 'eV/Å' },
  // the two potentials round differently
  ...{ bound: `<= ${FORCE_EV_PER_ANGSTROM}`, ok: force <= FORCE_EV_PER_ANGSTROM * (1 + 1e-6) },
});
const energyDeviation = Math.max(
  ...theirs.relaxed.map(({ energyEv }, i) => Math.abs(energyEv - relaxations[i].energyAfterEv)),
);
figure({
  ...{ name: 'relax, energy at the end against numpy', value: energyDeviation.toExponential(1), unit: 'eV' },
  ...{ bound: '<= 1e-12', ok: energyDeviation <= 1e-12 },
});

const same = theirs.minima
  .map((minimum, i) => ({ minimum, ours: relaxations[i] }))
  .filter(({ minimum, ours }) => isSame(minimum.positionsAngstrom, ours.structure.positionsAngstrom));
const apart = Math.max(0, ...same.map(({ minimum, ours }) => Math.abs(minimum.energyEv - ours.energyAfterEv)));
figure({
  ...{ name: 'relax, in the same minimum as scipy', value: same.length, unit: `of ${PEER_CLUSTERS}` },
});
figure({
  ...{ name: 'relax, energies of the same minima', value: apart.toExponential(1), unit: 'eV apart' },
  ...{ peer: SCIPY, bound: `<= ${SAME_EV}`, ok: apart <= SAME_EV && same.length > 0 },
});
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
figure({
  name: 'relax, mean energy of the minima',
  value: mean(relaxations.slice(0, PEER_CLUSTERS).map(({ energyAfterEv }) => energyAfterEv)).toFixed(4),
  unit: 'eV',
  peer: SCIPY,
  peerValue: mean(theirs.minima.map(({ energyEv }) => energyEv)).toFixed(4),
});
exit();
