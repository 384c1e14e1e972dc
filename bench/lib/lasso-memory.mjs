// A process with a feature matrix and a target, from the files that are named; prints by how many MiB its resident memory grew at most
// while Lasso was fitted for all alphas.
import { readFileSync, writeFileSync } from 'node:fs';
import { LASSO_ALPHAS, lassoPath } from '../../dist/ml/lasso/lasso.js';

function residentMebibytes(field) {
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
}

function numbers(path) {
  const bytes = readFileSync(path);
  return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
}

const [featuresPath, targetPath] = process.argv.slice(2);
const target = numbers(targetPath);
const data = numbers(featuresPath);
const features = { rows: target.length, columns: data.length / target.length, data };
globalThis.gc();
const before = residentMebibytes('VmRSS');
// the highest resident memory counts from here on
writeFileSync('/proc/self/clear_refs', '5');
for (const { dualityGap } of lassoPath(features, target, LASSO_ALPHAS)) {
  if (!(dualityGap <= 1e-8)) process.exit(1);
}
process.stdout.write(String(residentMebibytes('VmHWM') - before));
