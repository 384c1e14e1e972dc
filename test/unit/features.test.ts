import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { symbolOf } from '../../src/chemistry/elements.ts';
import { structureFromSymbols } from '../../src/chemistry/structure.ts';
import { type AtomSource, featureMatrix } from '../../src/ml/features/feature-matrix.ts';
import {
  checkFeatureSetDefinition,
  coordinationDefinition,
  definitionHash,
  type FeatureSetDefinition,
  featureNames,
  needsDft,
  orientationDependentLabels,
  PAPER_POPULATION_LABELS,
  PAPER_RADII_ANGSTROM,
} from '../../src/ml/features/feature-set.ts';
import { runningCoordinationNumbers } from '../../src/ml/features/running-coordination-numbers.ts';
import { normalCdf } from '../../src/ml/statistics/statistics.ts';

const golden = JSON.parse(readFileSync(new URL('../golden/lasso-scikit-learn.json', import.meta.url), 'utf8')) as {
  clusters: number[][][];
  grid: number[];
};

function cluster(index: number) {
  const positions = golden.clusters[index];
  const symbols = positions.map(() => 'Na');
  return structureFromSymbols(symbols, positions.flat());
}

/** The formula as written: every pair, every radius. */
function asWritten(positions: number[][], radii: readonly number[], smearing: number): number[][] {
  return positions.map((a, i) =>
    radii.map((radius) =>
      positions.reduce((sum, b, j) => {
        const distance = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
        return i === j ? sum : sum + normalCdf((radius - distance) / smearing);
      }, 0),
    ),
  );
}

describe('runningCoordinationNumbers', () => {
  it.each([
    ['the paper', PAPER_RADII_ANGSTROM, 0.01],
    ['one radius', [4], 0.01],
    ['uneven radii', [0.3, 3.499, 3.5, 3.501, 3.6, 40], 0.01],
    ['a smearing wider than the grid', PAPER_RADII_ANGSTROM, 0.7],
    ['hardly any smearing', PAPER_RADII_ANGSTROM, 1e-9],
  ])('is the sum of the formula within 1e-12: %s', (_, radii, smearing) => {
    for (const index of [0, 7, 25]) {
      const ours = runningCoordinationNumbers(cluster(index), { radiiAngstrom: radii, smearingAngstrom: smearing });
      const expected = asWritten(golden.clusters[index], radii, smearing).flat();
      expect(ours.length).toBe(expected.length);
      expect(Math.max(...expected.map((value, k) => Math.abs(value - ours[k])))).toBeLessThan(1e-12);
    }
  });

  it('counts half an atom at its distance, and every atom far beyond', () => {
    const pair = structureFromSymbols(['Na', 'Na', 'Na'], [0, 0, 0, 3.5, 0, 0, 0, 4.5, 0]);
    const numbers = runningCoordinationNumbers(pair, { radiiAngstrom: [3.5, 4, 4.5, 100], smearingAngstrom: 0.01 });
    [0.5, 1, 1.5, 2].forEach((expected, k) => {
      expect(numbers[k]).toBeCloseTo(expected, 14);
    });
  });

  it('does not see the frame, and follows the order of the atoms', () => {
    const positions = golden.clusters[3];
    const turned = positions.map(([x, y, z]) => [y + 5, -z, x - 1]).reverse();
    const symbols = positions.map(() => 'Na');
    const ours = runningCoordinationNumbers(structureFromSymbols(symbols, turned.flat()), {
      radiiAngstrom: golden.grid,
      smearingAngstrom: 0.01,
    });
    const expected = asWritten(positions, golden.grid, 0.01).reverse().flat();
    // a distance that differs in its last digit moves a step of width 0.01 Å by about 1e-13
    expect(Math.max(...expected.map((value, k) => Math.abs(value - ours[k])))).toBeLessThan(1e-11);
  });

  it('is 0 for a lone atom', () => {
    expect([
      ...runningCoordinationNumbers(structureFromSymbols(['Na'], [1, 2, 3]), {
        radiiAngstrom: [3, 4],
        smearingAngstrom: 0.01,
      }),
    ]).toEqual([0, 0]);
  });
});

const both: FeatureSetDefinition = {
  runningCoordinationNumbers: { radiiAngstrom: [3.6, 4], smearingAngstrom: 0.01 },
  grossOrbitalPopulations: { labels: ['3PX', '3S'] },
};
const numbersOnly: FeatureSetDefinition = { ...both, grossOrbitalPopulations: null };
const byElement: FeatureSetDefinition = {
  ...both,
  runningCoordinationNumbers: coordinationDefinition([3.6, 4], 0.01, ['Na', 'H']),
};
const populationsOnly: FeatureSetDefinition = { ...both, runningCoordinationNumbers: null };

function source(name: string, labels: string[] | null, values: number[] | null): AtomSource {
  return {
    name,
    structure: structureFromSymbols(['Na', 'Na'], [0, 0, 0, 3.8, 0, 0]),
    populationLabels: labels,
    grossOrbitalPopulations: values && Float64Array.from(values),
  };
}

describe('feature sets', () => {
  it("has the paper's defaults", () => {
    expect(PAPER_RADII_ANGSTROM).toEqual(golden.grid);
    expect(PAPER_POPULATION_LABELS).toHaveLength(19);
    expect(PAPER_POPULATION_LABELS[5]).toBe('3S');
  });

  it('names its columns', () => {
    expect(featureNames(both)).toEqual(['CN(3.6 Å)', 'CN(4.0 Å)', 'GOP(3PX)', 'GOP(3S)']);
    expect(featureNames(byElement)).toEqual([
      ...['CN(Na, 3.6 Å)', 'CN(Na, 4.0 Å)', 'CN(H, 3.6 Å)', 'CN(H, 4.0 Å)'],
      ...['GOP(3PX)', 'GOP(3S)'],
    ]);
  });

  it('marks the labels that depend on the orientation, in their order', () => {
    expect(orientationDependentLabels(both)).toEqual(['3PX']);
    expect(orientationDependentLabels(numbersOnly)).toEqual([]);
    const labels = ['5XX', '3S', '1dx2y2', '3P', '2pz'];
    expect(orientationDependentLabels({ ...both, grossOrbitalPopulations: { labels } })).toEqual([
      '5XX',
      '1dx2y2',
      '2pz',
    ]);
  });

  it.each([
    ['Gaussian', ['5D0', '5D+1', '5DXX']],
    ['ORCA', ['1dx2y2', '2pz', '1f+3']],
    ['NWChem', ['1dxx', '2d-1', '3s']],
  ])('take labels of %s as they are', (_, labels) => {
    const definition = { runningCoordinationNumbers: null, grossOrbitalPopulations: { labels } };
    expect(featureNames(definition)).toEqual(labels.map((label) => `GOP(${label})`));
    const data = [...featureMatrix(definition, [source('a', ['x', ...labels], [0, 1, 2, 3, 4, 5, 6, 7])]).data];
    expect(data).toEqual([1, 2, 3, 5, 6, 7]);
  });

  it('spells neighbour elements as they are written, and says nothing of them where there are none', () => {
    expect(coordinationDefinition([4], 0.01, ['na', 'CL'])).toEqual({
      ...{ radiiAngstrom: [4], smearingAngstrom: 0.01, neighborElements: ['Na', 'Cl'] },
    });
    expect(Object.keys(coordinationDefinition([4], 0.01, null))).toEqual(['radiiAngstrom', 'smearingAngstrom']);
    expect(() => coordinationDefinition([4], 0.01, ['Na', 'Xx'])).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_ELEMENT',
        message: expect.stringContaining('Neighbour element 2, "Xx"'),
      }),
    );
  });

  it('hashes as before there were neighbour elements, and otherwise with them', () => {
    const canonical = (numbers: string) =>
      `{"grossOrbitalPopulations":{"labels":["3PX","3S"]},"runningCoordinationNumbers":{${numbers}}}`;
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    const numbers = '"radiiAngstrom":[3.6,4],"smearingAngstrom":0.01';
    expect(definitionHash(both)).toBe(sha256(canonical(numbers)));
    expect(definitionHash(byElement)).toBe(sha256(canonical(`${numbers},"neighborElements":["Na","H"]`)));
  });

  it('needs DFT only for populations', () => {
    expect([both, numbersOnly, populationsOnly].map(needsDft)).toEqual([true, false, true]);
  });

  it('has a hash of what it means, not of how the object was written', () => {
    const rewritten: FeatureSetDefinition = {
      grossOrbitalPopulations: { labels: ['3PX', '3S'] },
      runningCoordinationNumbers: { smearingAngstrom: 0.01, radiiAngstrom: [3.6, 4.0] },
    };
    expect(definitionHash(rewritten)).toBe(definitionHash(both));
    expect(new Set([both, numbersOnly, populationsOnly].map(definitionHash)).size).toBe(3);
    const otherOrder = { ...both, grossOrbitalPopulations: { labels: ['3S', '3PX'] } };
    expect(definitionHash(otherOrder)).not.toBe(definitionHash(both));
  });

  it('puts atoms in rows, coordination numbers first, populations picked by label', () => {
    const sources = [source('a', ['3S', '4S', '3PX'], [1, 2, 3, 4, 5, 6]), source('b', ['3PX', '3S'], [7, 8, 9, 10])];
    const { rows, columns, data } = featureMatrix(both, sources);
    expect([rows, columns]).toEqual([4, 4]);
    expect([...data]).toEqual([0, 1, 3, 1, 0, 1, 6, 4, 0, 1, 7, 8, 0, 1, 9, 10]);
    expect([...featureMatrix(populationsOnly, sources).data]).toEqual([3, 1, 6, 4, 7, 8, 9, 10]);
    expect([...featureMatrix(numbersOnly, [source('c', null, null)]).data]).toEqual([0, 1, 0, 1]);
  });

  it('names the atom and the orbital that it lacks', () => {
    const lacking = source('nah-1', ['3S', '3PX'], [1, 2, 3, Number.NaN]);
    expect(() => featureMatrix(both, [lacking])).toThrow(
      expect.objectContaining({
        code: 'FEATURES_UNAVAILABLE',
        message: expect.stringContaining('Atom 2 of nah-1 has no gross orbital population 3PX'),
      }),
    );
  });

  it('names the cluster and what it lacks', () => {
    const good = source('a', ['3S', '3PX'], [1, 2, 3, 4]);
    expect(() => featureMatrix(both, [good, source('na08-1', null, null)])).toThrow(
      expect.objectContaining({ code: 'FEATURES_UNAVAILABLE', message: expect.stringContaining('na08-1') }),
    );
    expect(() => featureMatrix(both, [good, source('na08-2', ['3S'], [1, 2])])).toThrow(/na08-2 lacks .*3PX/);
  });

  it.each<[string, FeatureSetDefinition]>([
    ['neither part', { runningCoordinationNumbers: null, grossOrbitalPopulations: null }],
    ...[[], [0], [-1], [Number.NaN], [4, 4], [4, 3.9], [1000.1], [Number.POSITIVE_INFINITY]].map(
      (radiiAngstrom): [string, FeatureSetDefinition] => [
        `the radii ${radiiAngstrom}`,
        { ...both, runningCoordinationNumbers: { radiiAngstrom, smearingAngstrom: 0.01 } },
      ],
    ),
    ...[0, -0.01, Number.NaN, Number.POSITIVE_INFINITY].map((smearingAngstrom): [string, FeatureSetDefinition] => [
      `the smearing ${smearingAngstrom}`,
      { ...both, runningCoordinationNumbers: { radiiAngstrom: [4], smearingAngstrom } },
    ]),
    ...[[], ['Na', 'Na']].map((neighborElements): [string, FeatureSetDefinition] => [
      `the neighbour elements ${JSON.stringify(neighborElements)}`,
      { ...both, runningCoordinationNumbers: coordinationDefinition([4], 0.01, neighborElements) },
    ]),
    ...[[], [''], ['3S', '3S'], ['3 S']].map((labels): [string, FeatureSetDefinition] => [
      `the labels ${JSON.stringify(labels)}`,
      { ...both, grossOrbitalPopulations: { labels } },
    ]),
    [
      'too many features',
      {
        ...both,
        runningCoordinationNumbers: {
          radiiAngstrom: Array.from({ length: 2001 }, (_, k) => 1 + k / 100),
          smearingAngstrom: 0.01,
        },
      },
    ],
  ])('refuses %s', (_, definition) => {
    expect(() => checkFeatureSetDefinition(definition)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });

  it('refuses what is far too long before it looks at every entry', () => {
    const labels = Array.from({ length: 300_000 }, (_, i) => `L${i}`);
    const populations = { runningCoordinationNumbers: null, grossOrbitalPopulations: { labels } };
    expect(() => checkFeatureSetDefinition(populations)).toThrow(/300000 features; the most is 2000/);
    const radii = Array.from({ length: 300_000 }, (_, i) => 1 + i / 1e6);
    const elements = Array.from({ length: 118 }, (_, z) => symbolOf(z + 1));
    const numbers = {
      runningCoordinationNumbers: coordinationDefinition(radii, 0.01, elements),
      grossOrbitalPopulations: null,
    };
    expect(() => checkFeatureSetDefinition(numbers)).toThrow(/35400000 features; the most is 2000/);
    const atoms = {
      runningCoordinationNumbers: coordinationDefinition([], 0.01, [...elements, 'Na']),
      grossOrbitalPopulations: null,
    };
    expect(() => checkFeatureSetDefinition(atoms)).toThrow(/has 119 entries; there are 118 elements/);
  });

  it('accepts what is sensible', () => {
    for (const definition of [both, numbersOnly, populationsOnly, byElement]) {
      expect(() => checkFeatureSetDefinition(definition)).not.toThrow();
    }
  });
});
