// npm run bench -- generate: the paper's 2,000 clusters by S-BLDA, how well they follow its laws, and one large cluster. The peer
// is the growth alone, which leaves the laws unmet, written with numpy.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateCluster, generatedCount, PAPER_SIZES } from '../dist/chemistry/s-blda/generator.js';
import { PAPER_LAWS } from '../dist/chemistry/s-blda/law.js';
import { mean, normalCdf, standardDeviation } from '../dist/ml/statistics/statistics.js';
import { exit, figure } from './lib/figures.mjs';
import { pythonWith } from './lib/python.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NUMPY = 'numpy==2.2.6';
const RUNS = 3;
const MOST_SECONDS = 2;
const MOST_SECONDS_LARGE = 0.3;
const PEER_CLUSTERS_PER_SIZE = 10;

const paper = { element: 'Na', sizes: PAPER_SIZES, clustersPerSize: 200, laws: PAPER_LAWS, seed: 20231105 };
const large = { ...paper, sizes: [500], clustersPerSize: RUNS };

function timed(work) {
  const start = performance.now();
  const result = work();
  return { seconds: (performance.now() - start) / 1e3, result };
}

function best(runs) {
  return runs.reduce((least, run) => (run.seconds < least.seconds ? run : least));
}

function all(parameters) {
  return Array.from({ length: generatedCount(parameters) }, (_, index) => generateCluster(parameters, index).structure);
}

function distances({ positionsAngstrom: p }) {
  const atoms = p.length / 3;
  return Array.from({ length: atoms }, (_, i) =>
    Array.from({ length: atoms }, (_, j) =>
      Math.hypot(p[3 * i] - p[3 * j], p[3 * i + 1] - p[3 * j + 1], p[3 * i + 2] - p[3 * j + 2]),
    )
      .filter((_, j) => j !== i)
      .sort((a, b) => a - b),
  );
}

function kolmogorovSmirnov(values, { meanAngstrom, standardDeviationAngstrom }) {
  return [...values]
    .sort((a, b) => a - b)
    .reduce((largest, value, i) => {
      const expected = normalCdf((value - meanAngstrom) / standardDeviationAngstrom);
      return Math.max(largest, expected - i / values.length, (i + 1) / values.length - expected);
    }, 0);
}

function peerSeconds() {
  const sizes = PAPER_SIZES.flatMap((size) => new Array(PEER_CLUSTERS_PER_SIZE).fill(size));
  const { stdout, stderr, status } = spawnSync(pythonWith(NUMPY), [join(ROOT, 'bench', 'generate_numpy.py')], {
    input: JSON.stringify(sizes),
    env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`numpy ended with exit code ${status}: ${stderr}`);
  return (JSON.parse(stdout).seconds / PEER_CLUSTERS_PER_SIZE) * paper.clustersPerSize;
}

const { seconds, result: clusters } = best(Array.from({ length: RUNS }, () => timed(() => all(paper))));
const theirs = peerSeconds();
figure({
  ...{ name: 'generate 2,000 clusters of 14 to 40 atoms', value: seconds.toFixed(2), unit: 's' },
  ...{ peer: `${NUMPY}, growth alone, scaled`, peerValue: theirs.toFixed(1), ratio: theirs / seconds },
  ...{ bound: `<= ${MOST_SECONDS}`, ok: seconds <= MOST_SECONDS },
});
const largest = best(Array.from({ length: RUNS }, (_, index) => timed(() => generateCluster(large, index))));
figure({
  ...{ name: 'generate one cluster of 500 atoms', value: largest.seconds.toFixed(3), unit: 's' },
  ...{ bound: `<= ${MOST_SECONDS_LARGE}`, ok: largest.seconds <= MOST_SECONDS_LARGE },
});

const rows = clusters.map((structure) => ({ size: structure.atomicNumbers.length, atoms: distances(structure) }));
for (const [name, rank, law] of [
  ['nearest', 0, PAPER_LAWS.nearest],
  ['next-nearest', 1, PAPER_LAWS.nextNearest],
]) {
  const bySize = PAPER_SIZES.map((size) =>
    rows.filter((row) => row.size === size).flatMap((row) => row.atoms.map((sorted) => sorted[rank])),
  );
  const farthest = (deviation) => Math.max(...bySize.map((values) => Math.abs(deviation(values))));
  const bounded = (what, value, most, unit = 'Å') =>
    figure({ name: `${name}, ${what}`, value: value.toFixed(4), unit, bound: `<= ${most}`, ok: value <= most });
  bounded(
    'mean, largest deviation of a size',
    farthest((values) => mean(values) - law.meanAngstrom),
    0.01,
  );
  bounded(
    'standard deviation, largest deviation of a size',
    farthest((values) => standardDeviation(values) - 0.1),
    0.01,
  );
  bounded(
    'Kolmogorov-Smirnov, largest of a size',
    farthest((values) => kolmogorovSmirnov(values, law)),
    0.06,
    '-',
  );
  bounded('Kolmogorov-Smirnov, pooled', kolmogorovSmirnov(bySize.flat(), law), 0.03, '-');
}
const atoms = rows.flatMap((row) => row.atoms);
const crowded = (100 * atoms.filter((sorted) => sorted[9] <= 4).length) / atoms.length;
figure({
  ...{ name: 'atoms with more than 9 neighbours within 4.0 Å', value: crowded.toFixed(2), unit: '%' },
  ...{ bound: '<= 1.5', ok: crowded <= 1.5 },
});
const shortest = Math.min(...atoms.map(([nearest]) => nearest));
figure({
  ...{ name: 'shortest distance of two atoms', value: shortest.toFixed(3), unit: 'Å' },
  ...{ bound: '>= 3.1', ok: shortest >= 3.1 },
});
exit();
