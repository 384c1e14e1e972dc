import { readFileSync } from 'node:fs';
import { SYSTEM } from '../registry/caller.ts';
import type { Registry } from '../registry/registry.ts';

const FOLDER = new URL('../../examples/na-dft/', import.meta.url);
const FILE_NAME = 'na-dft.extxyz';

const DATASET = {
  name: 'na-dft',
  title: '23Na shieldings of small sodium clusters',
  description:
    'DFT shieldings and gross orbital populations of 73 clusters, Na6 to Na10, by PySCF at UB3LYP/6-31G(d); ' +
    'see examples/na-dft/README.md.',
  licence: 'CC0-1.0',
  citation: null,
  doi: null,
} as const;

/** Loads the example data set unless it is there, or what an interrupted start left out; true if it was loaded. */
export async function loadExampleData(registry: Registry): Promise<boolean> {
  const dataset = await registry.store.datasets.findOne({ name: DATASET.name });
  if (dataset !== null && (await registry.store.latestVersion('datasetVersions', dataset.id)) > 0) return false;
  const request = (operation: string) => ({ operation, idempotencyKey: null, input: null });
  const content = readFileSync(new URL(FILE_NAME, FOLDER), 'utf8');
  const { items } = await registry.imports.importFile(
    SYSTEM,
    request('importCalculations'),
    { fileName: FILE_NAME, content, format: 'EXTXYZ' },
    { content: 'CALCULATIONS', levelOfTheory: null },
  );
  await registry.datasets.create(SYSTEM, request('createDataset'), DATASET);
  await registry.datasets.createVersion(SYSTEM, request('createDatasetVersion'), {
    dataset: DATASET.name,
    // those that were there before count as well
    calculationIds: items.map((item) => item.calculationId).filter((id) => id !== null),
    filter: null,
    split: { asGiven: true, bySize: null, byList: null },
    allowMixedLevelsOfTheory: false,
  });
  return true;
}
