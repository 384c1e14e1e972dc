import { describe, expect, test } from 'vitest';
import { plottingProbabilities } from '../../src/ml/statistics/distribution.ts';
import { quantileOfLogCdf } from '../../src/ml/statistics/generalized-logistic.ts';
import { mean, standardDeviation } from '../../src/ml/statistics/statistics.ts';
import { finished } from '../../src/ml/steps.ts';
import type { Finding, StudyEvidence, StudyModel } from '../../src/ml/study/finding.ts';
import { studyFindings } from '../../src/ml/study/findings.ts';
import { nameOfCell, paperRmsePpm, STUDY_GRID } from '../../src/ml/study/grid.ts';

type Atoms = StudyEvidence['atoms'];

/** A sample that lies on its distribution: skewed to the left, with a tail below 500 ppm. */
function sample(count: number): Float64Array {
  const curve = { shape: 0.2, location: 615, scale: 6 };
  return Float64Array.from(plottingProbabilities(count), (p) => quantileOfLogCdf(curve, Math.log(p)));
}

const TEST_PPM = sample(400);
const MEAN = mean(TEST_PPM);
const SPREAD = standardDeviation(TEST_PPM);

/** Predictions that keep a share of each deviation from the mean, all moved by so many standard deviations. */
function shrunk(share: number, moved = 0): Float64Array {
  return TEST_PPM.map((ppm) => MEAN + share * (ppm - MEAN) + moved * SPREAD);
}

/** As the paper found it. */
const PREDICTED: Readonly<Record<string, Float64Array>> = {
  'lasso-cn-direct': shrunk(0.1),
  'lasso-cn-transformed': shrunk(0.1, 0.3),
  'lasso-gop-direct': shrunk(0.3),
  'lasso-gop-transformed': shrunk(0.3, 0.3),
  'lasso-cn-gop-direct': shrunk(0.3),
  'lasso-cn-gop-transformed': shrunk(0.3, 0.3),
  'schnet-mse-direct': shrunk(0.3),
  'schnet-mse-transformed': shrunk(0.3, 0.1),
  'schnet-distribution-direct': TEST_PPM,
  'schnet-distribution-transformed': TEST_PPM,
};

function evidence(): StudyEvidence {
  const shieldingsPpm = Float64Array.from([...sample(300), ...sample(400)]);
  const zero = shieldingsPpm.map(() => 0);
  // as often above as below, whatever the shielding
  const unrelated = shieldingsPpm.map((_, i) => (i % 4 < 2 ? 0.1 : -0.1) * (i % 2 === 0 ? 1 : -1));
  return {
    atoms: {
      shieldingsPpm,
      sizes: Int32Array.from(shieldingsPpm, (_, i) => (i < 300 ? 14 : 20)),
      coordinationNumbers: shieldingsPpm.map((ppm) => (ppm < 500 ? 6.9 : 2)),
      populations: new Map([
        ['3S', shieldingsPpm.map((ppm) => ppm / 1000)],
        ['3PX', unrelated],
        ['3PY', unrelated.map((each) => -each)],
        ['3PZ', shieldingsPpm.map((ppm) => 1 - ppm / 2000)],
        ...['4S', '4PX', '4PY'].map((label) => [label, unrelated] as const),
        ['4PZ', zero],
      ]),
    },
    testPpm: TEST_PPM,
    models: STUDY_GRID.map((cell): StudyModel => {
      const name = nameOfCell(cell);
      return { ...cell, name, missing: null, predictedPpm: PREDICTED[name] };
    }),
  };
}

function withAtoms(changes: (atoms: Atoms) => Partial<Atoms>): StudyEvidence {
  const whole = evidence();
  return { ...whole, atoms: { ...whole.atoms, ...changes(whole.atoms) } };
}

function predicting(name: string, predictedPpm: Float64Array): StudyEvidence {
  const whole = evidence();
  return { ...whole, models: whole.models.map((each) => (each.name === name ? { ...each, predictedPpm } : each)) };
}

function without(...names: RegExp[]): StudyEvidence {
  const whole = evidence();
  const models = whole.models.map((each) =>
    names.some((name) => name.test(each.name)) ? { ...each, missing: 'left out', predictedPpm: [] } : each,
  );
  return { ...whole, models };
}

function withoutTail(): StudyEvidence {
  return { ...evidence(), testPpm: TEST_PPM.map((ppm) => Math.max(ppm, 500)) };
}

function withPopulation(label: string, values: (atoms: Atoms) => Float64Array | null): StudyEvidence {
  return withAtoms((atoms) => {
    const populations = new Map(atoms.populations);
    const column = values(atoms);
    if (column === null) populations.delete(label);
    else populations.set(label, column);
    return { populations };
  });
}

const few = () =>
  withAtoms((atoms) => ({ ...atoms, sizes: Int32Array.from(atoms.sizes, (_, i) => 3 + Math.floor(i / 19)) }));

function findingLike(claim: RegExp, from: StudyEvidence): Finding {
  const found = finished(studyFindings(from)).filter((finding) => claim.test(finding.claim));
  expect(found).toHaveLength(1);
  return found[0];
}

/** Each claim, data on which it does not hold, and data on which nobody can tell. */
const CASES: readonly (readonly [RegExp, () => StudyEvidence, () => StudyEvidence])[] = [
  [
    /^The shieldings follow a generalised logistic distribution/,
    () => withAtoms(({ shieldingsPpm }) => ({ shieldingsPpm: shieldingsPpm.map((_, i) => (i % 2 === 0 ? 500 : 600)) })),
    few,
  ],
  [
    /skewed to the left/,
    () => withAtoms(({ shieldingsPpm }) => ({ shieldingsPpm: shieldingsPpm.map((ppm) => 1200 - ppm) })),
    few,
  ],
  [
    /^The 3S population correlates/,
    () => withPopulation('3PZ', ({ shieldingsPpm }) => shieldingsPpm.map((ppm) => ppm)),
    () => withPopulation('3PY', () => null),
  ],
  [
    /^The 4S and the 4P populations do not/,
    () => withPopulation('4S', ({ shieldingsPpm }) => shieldingsPpm.map((ppm) => -ppm)),
    () => withPopulation('4S', ({ shieldingsPpm }) => shieldingsPpm.map(() => 0.2)),
  ],
  [
    /4 to 9 neighbours/,
    () => withAtoms(({ coordinationNumbers }) => ({ coordinationNumbers: coordinationNumbers.map(() => 10) })),
    () => withAtoms(({ shieldingsPpm }) => ({ shieldingsPpm: shieldingsPpm.map((ppm) => Math.max(ppm, 500)) })),
  ],
  [/hit the mean/, () => predicting('lasso-gop-direct', shrunk(0.3, -0.3)), () => without(/^schnet-mse-direct$/)],
  [/miss the mode/, () => predicting('schnet-mse-direct', TEST_PPM), () => without(/^schnet-mse-direct$/)],
  [/give nothing below 500 ppm/, () => predicting('lasso-cn-direct', TEST_PPM), withoutTail],
  [/gives the tail/, () => predicting('schnet-distribution-direct', shrunk(0.3)), withoutTail],
  [
    /moves the peak of the predictions of Lasso/,
    () => predicting('lasso-gop-transformed', shrunk(0.3)),
    () => without(/^lasso/),
  ],
  [/does not move the peak/, () => predicting('schnet-mse-transformed', shrunk(0.3, 0.5)), () => without(/^schnet/)],
  [/worsens the RMSE/, () => predicting('lasso-cn-transformed', shrunk(0.1)), () => without(/^lasso/)],
  [
    /Lasso on coordination numbers is worse than SchNet/,
    () => predicting('lasso-cn-direct', shrunk(0.3)),
    () => without(/^schnet-mse-direct$/),
  ],
  [/about the same/, () => predicting('lasso-gop-direct', shrunk(0.5)), () => without(/^lasso-gop-direct$/)],
];

test('others may come in after each finding, and after each size to which a distribution is fitted', () => {
  expect([...studyFindings(evidence())]).toHaveLength(CASES.length + 2);
});

describe('a finding of the paper', () => {
  test('is each of these, in its order, and holds where data are as the paper found them', () => {
    const findings = finished(studyFindings(evidence()));
    expect(findings.map(({ claim }) => CASES.findIndex(([like]) => like.test(claim)))).toEqual([...CASES.keys()]);
    for (const { claim, verdict, reason, numbers, criterion } of findings) {
      expect([claim, verdict, reason]).toEqual([claim, 'HOLDS', null]);
      expect(numbers.length, claim).toBeGreaterThan(0);
      expect(criterion, claim).toMatch(/\.$/);
      for (const { name, value } of numbers) expect(Number.isFinite(value), `${claim} ${name}`).toBe(true);
    }
  });

  test.each(CASES)('%s does not hold where data are otherwise', (claim, otherwise) => {
    expect(findingLike(claim, otherwise())).toMatchObject({ verdict: 'DOES_NOT_HOLD', reason: null });
  });

  test.each(CASES)('%s cannot be tested on data that do not show it', (claim, _, unclear) => {
    expect(findingLike(claim, unclear())).toMatchObject({
      verdict: 'CANNOT_BE_TESTED',
      reason: expect.stringMatching(/\S/),
    });
  });

  test('tells the numbers that it was decided by', () => {
    const { numbers } = findingLike(/worse than SchNet/, evidence());
    expect(numbers).toEqual([
      { name: 'RMSE of lasso-cn-direct', value: expect.closeTo(0.9 * SPREAD, 6), unit: 'ppm' },
      { name: 'RMSE of schnet-mse-direct', value: expect.closeTo(0.7 * SPREAD, 6), unit: 'ppm' },
    ]);
    const tail = findingLike(/gives the tail/, evidence());
    expect(tail.numbers.map(({ value }) => value)).toEqual([tail.numbers[0].value, tail.numbers[0].value]);
    expect(tail.numbers[0].value).toBeCloseTo(TEST_PPM.filter((ppm) => ppm < 500).length / 400, 12);
  });

  test('is tested with the models that there are where data have no populations', () => {
    const structureOnly = without(/gop/);
    for (const claim of [/hit the mean/, /miss the mode/, /moves the peak of the predictions of Lasso/, /worsens/]) {
      const { verdict, numbers } = findingLike(claim, structureOnly);
      expect(verdict).toBe('HOLDS');
      expect(numbers.map(({ name }) => name).join()).not.toMatch(/gop/);
    }
    expect(findingLike(/about the same/, structureOnly)).toMatchObject({ reason: 'lasso-gop-direct: left out' });
  });

  test('cannot be tested of models before there are any', () => {
    const findings = finished(studyFindings(without(/./))).slice(5);
    expect(new Set(findings.map(({ verdict }) => verdict))).toEqual(new Set(['CANNOT_BE_TESTED']));
  });
});

test('the grid is the paper’s ten, with the four test RMSEs that it reports', () => {
  expect(STUDY_GRID.map(nameOfCell)).toEqual(Object.keys(PREDICTED));
  expect(STUDY_GRID.map(paperRmsePpm)).toEqual([37.6, null, 35.1, null, 34.9, null, 35.2, 35.2, null, null]);
});
