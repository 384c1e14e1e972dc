// npm run bench -- lasso: the paper's 11 alphas on 28,000 atoms with 109 features against scikit-learn, in the same run; memory.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { LASSO_ALPHAS, lassoPath } from '../dist/ml/lasso/lasso.js';
import { exit, figure } from './lib/figures.mjs';
import { lassoTraining } from './lib/lasso-data.mjs';
import { pythonWith } from './lib/python.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const GAP = 1e-8;
const OBJECTIVE = 1e-7;
const TIMES_DEFAULT = 100;
const TIMES_GRAM = 1;
const TIMES_MATRIX = 2;
const LIMIT_SECONDS = 300;
/** Before the peer, and as many behind it, lest one of the two had the quieter machine. */
const RUNS = 10;

function ours({ features, target }) {
  let best = Number.POSITIVE_INFINITY;
  let fits = [];
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    fits = [...lassoPath(features, target, LASSO_ALPHAS)];
    best = Math.min(best, performance.now() - start);
  }
  return { milliseconds: best, fits };
}

/** What scikit-learn tells of each alpha; no more after five minutes, counted from when it begins to fit. */
async function theirs(python, files, route) {
  const args = [join(ROOT, 'bench', 'lasso_sklearn.py'), ...files, route, `${GAP}`, JSON.stringify(LASSO_ALPHAS)];
  const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const alphas = [];
  let version = '';
  let limit;
  let isStopped = false;
  for await (const line of createInterface({ input: child.stdout })) {
    const { ready, ...alpha } = JSON.parse(line);
    if (ready === undefined) {
      alphas.push(alpha);
      continue;
    }
    version = ready;
    limit = setTimeout(() => {
      isStopped = true;
      child.kill('SIGKILL');
    }, 1000 * LIMIT_SECONDS);
  }
  clearTimeout(limit);
  const code = await ended;
  if (code !== 0 && !isStopped) throw new Error(`scikit-learn ended with exit code ${code}`);
  const seconds = isStopped ? LIMIT_SECONDS : alphas.reduce((sum, alpha) => sum + alpha.seconds, 0);
  return { version, alphas, seconds, isStopped };
}

function against({ name, milliseconds, peer, route, times }) {
  const { version, alphas, seconds, isStopped } = peer;
  const ratio = (1000 * seconds) / milliseconds;
  const worst = alphas.reduce((most, { gap }) => Math.max(most, gap), 0);
  const reached = worst <= GAP ? `gap ${worst.toExponential(1)}` : `gap ${worst.toExponential(1)} only`;
  figure({
    ...{ name: `${name}, against scikit-learn's ${route}`, value: milliseconds.toFixed(1), unit: 'ms' },
    peer: `scikit-learn ${version}, ${alphas.length} of ${LASSO_ALPHAS.length} alphas, ${reached}`,
    ...{ peerValue: `${isStopped ? 'more than ' : ''}${(1000 * seconds).toFixed(1)}`, ratio },
    ...{ bound: `>= ${times}x`, ok: ratio >= times },
  });
}

function memoryMebibytes(files) {
  const script = join(ROOT, 'bench', 'lib', 'lasso-memory.mjs');
  const { stdout, status } = spawnSync(process.execPath, ['--expose-gc', script, ...files], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`the process whose memory is measured ended with exit code ${status}`);
  return Number(stdout);
}

const python = pythonWith('scikit-learn==1.9.1', 'sklearn');
const training = lassoTraining();
const { features, target } = training;
const folder = mkdtempSync(join(tmpdir(), 'natrium-bench-'));
try {
  const files = [join(folder, 'features'), join(folder, 'target')];
  writeFileSync(files[0], Buffer.from(features.data.buffer));
  writeFileSync(files[1], Buffer.from(target.buffer));

  const name = `lasso ${features.rows} atoms x ${features.columns} features, ${LASSO_ALPHAS.length} alphas`;
  const before = ours(training);
  const routes = [await theirs(python, files, 'gram'), await theirs(python, files, 'given')];
  const after = ours(training);
  const milliseconds = Math.min(before.milliseconds, after.milliseconds);
  const gap = after.fits.reduce((most, fit) => Math.max(most, fit.dualityGap), 0);
  figure({
    ...{ name: `${name}, largest duality gap`, value: gap.toExponential(1), unit: '-' },
    ...{ bound: `<= ${GAP}`, ok: gap <= GAP },
  });
  const gram = routes.reduce((a, b) => (a.seconds <= b.seconds ? a : b));
  const deviation = gram.alphas.reduce((most, { alpha, objective }) => {
    const fit = after.fits.find((each) => each.alpha === alpha);
    return Math.max(most, Math.abs(fit.objective / objective - 1));
  }, 0);
  figure({
    ...{ name: `${name}, objectives from scikit-learn's, relative`, value: deviation.toExponential(1), unit: '-' },
    ...{ bound: `<= ${OBJECTIVE}`, ok: deviation <= OBJECTIVE },
  });
  against({ ...{ name, milliseconds, peer: gram, times: TIMES_GRAM }, route: 'Gram route, better of two ways' });
  const peer = await theirs(python, files, 'default');
  against({ ...{ name, milliseconds, peer, times: TIMES_DEFAULT }, route: 'default route' });

  const matrix = features.data.byteLength / 2 ** 20;
  const peak = matrix + memoryMebibytes(files);
  figure({
    ...{ name: `${name}, most memory, feature matrix included`, value: peak.toFixed(1), unit: 'MiB' },
    ...{ peer: 'feature matrix', peerValue: matrix.toFixed(1), ratio: peak / matrix },
    ...{ bound: `<= ${TIMES_MATRIX}x`, ok: peak <= TIMES_MATRIX * matrix },
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
exit();
