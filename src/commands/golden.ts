import { readFileSync } from 'node:fs';
import { NatriumError } from '../errors.ts';
import { type GoldenRow, isWithinTolerance } from '../ml/golden-row.ts';
import { compareWithGuptaGolden } from '../ml/gupta-golden.ts';
import { compareWithLassoDatasets, compareWithLassoGolden, isLassoDatasetsFile } from '../ml/lasso/golden.ts';
import { compareWithGolden, isSchNetGoldenFile } from '../ml/schnet/golden.ts';
import { openTensorflow } from '../ml/schnet/tensorflow/backend.ts';
import { wasmEngine } from '../ml/schnet/wasm/engine.ts';
import { compareWithStatisticsGolden, isStatisticsGoldenFile } from '../ml/statistics/golden.ts';
import type { Print } from './print.ts';

/** `natrium golden FILE...`: largest deviations from independent programs; exit code 1 if one is out of tolerance. */
export async function compareWithGoldenFiles(paths: readonly string[], print: Print): Promise<void> {
  if (paths.length === 0) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      'name at least one golden file, such as test/golden/schnetpack-v1.0.0.json',
    );
  }
  let failed = 0;
  for (const path of paths) {
    const json = readJson(path);
    const comparisons = await compare(json).catch((error: unknown) => {
      if (error instanceof NatriumError) throw new NatriumError(error.code, `${path}: ${error.message}`, error.details);
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      throw new NatriumError('MALFORMED_FILE', `${path} lacks a part of a golden file: ${error.message}`);
    });
    if (comparisons.every(({ rows }) => rows.length === 0)) {
      throw new NatriumError('MALFORMED_FILE', `${path}: there is nothing in it to compare with`);
    }
    for (const { what, rows } of comparisons) {
      print(`${path} (${what})`);
      for (const row of rows) {
        const verdict = isWithinTolerance(row) ? 'ok' : 'OUT OF TOLERANCE';
        if (!isWithinTolerance(row)) failed += 1;
        print(
          `  ${row.quantity.padEnd(44)} ${row.deviation.toExponential(2)}  of ${row.tolerance.toExponential(0)}  ${verdict}`,
        );
      }
    }
  }
  if (failed > 0) throw new NatriumError('BAD_USER_INPUT', `${failed} quantities are out of tolerance`);
}

interface Comparison {
  /** What was compared with the file. */
  readonly what: string;
  readonly rows: readonly GoldenRow[];
}

async function compare(json: unknown): Promise<readonly Comparison[]> {
  if (isSchNetGoldenFile(json)) {
    const comparisons: Comparison[] = [];
    for (const engine of [wasmEngine, await openTensorflow()]) {
      comparisons.push({
        what: `SchNet, ${engine.name} on ${engine.backend}`,
        rows: await compareWithGolden(engine, json),
      });
    }
    return comparisons;
  }
  if (isLassoDatasetsFile(json)) {
    return [{ what: 'Lasso', rows: compareWithLassoDatasets(json) }];
  }
  if (typeof json === 'object' && json !== null && 'fits' in json) {
    return [{ what: 'Lasso', rows: compareWithLassoGolden(json) }];
  }
  if (typeof json === 'object' && json !== null && 'gupta' in json) {
    return [{ what: 'Gupta potential', rows: compareWithGuptaGolden(json) }];
  }
  if (isStatisticsGoldenFile(json)) {
    return [{ what: 'metrics, distributions and calibration', rows: compareWithStatisticsGolden(json) }];
  }
  throw new NatriumError(
    'MALFORMED_FILE',
    'this is no golden file of SchNet, Lasso, the Gupta potential or statistics',
  );
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new NatriumError('MALFORMED_FILE', `cannot read ${path}: ${(error as Error).message}`);
  }
}
