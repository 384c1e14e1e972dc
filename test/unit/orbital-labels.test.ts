import { expect, it } from 'vitest';
import { dependsOnOrientation } from '../../src/chemistry/orbital-labels.ts';
import { PAPER_POPULATION_LABELS } from '../../src/ml/features/feature-set.ts';
import { fixture, parseText } from '../support/outputs.ts';

it("marks all of the paper's labels but its s functions", () => {
  expect(PAPER_POPULATION_LABELS.filter((label) => !dependsOnOrientation(label))).toEqual(['1S', '2S', '3S', '4S']);
});

it.each([
  ['Gaussian', ['2PX', '10PZ', '5XX', '5DXX', '5D0', '5D+1', '5D-2', '6F0', '6F+3', '6XXX', '4FXYZ', '7G-4']],
  ['ORCA', ['1px', '2pz', '1dz2', '1dx2y2', '1dxy', '1f0', '1f+1', '1f-3']],
  ['NWChem', ['1px', '3py', '1d-2', '1d0', '2d1', '1dxx', '1dyz', '1fxxy']],
  ['PySCF', ['2px', '3dz^2', '3dx2-y2', '4f+0', '5g-4']],
  ['natural populations', ['Val(3px)', 'Ryd(3dxy)']],
  ['nobody', ['', 'total', 'charge', 'q', '3S+3P', 'SX', 'PS', '3X']],
])('marks the labels of %s', (_, labels) => {
  expect(labels.filter((label) => !dependsOnOrientation(label))).toEqual([]);
});

it.each([
  ['s functions', ['S', 's', '1S', '3s', '12S', "3s'", '4S*', 'Val(3s)', 'Cor(1S)']],
  ['whole shells', ['p', '3P', '3d', '4F', '2SP', '2sp']],
])('does not mark %s', (_, labels) => {
  expect(labels.filter(dependsOnOrientation)).toEqual([]);
});

it.each([
  ['gaussian16-na2-nmr-pop-full.out', PAPER_POPULATION_LABELS.filter((label) => !/S$/.test(label))],
  ['nwchem7-na2-two-tasks.out', ['1px']],
  ['orca6-na2-nmr-efg.out', ['1pz']],
])('marks the labels that the parsers read: %s', async (name, expected) => {
  const { populationLabels } = await parseText(fixture(name));
  expect(populationLabels!.filter(dependsOnOrientation)).toEqual(expect.arrayContaining([...expected]));
  expect(populationLabels!.filter((label) => !dependsOnOrientation(label)).every((label) => /s$/i.test(label))).toBe(
    true,
  );
});
