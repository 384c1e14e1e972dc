import { convert } from 'jcampconverter';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiServer,
  createDataset,
  createVersion,
  frame,
  importCalculations,
  importStructures,
  invalidateCalculation,
  levelOfTheoryId,
  refusal,
  rowOfAtoms,
  setShieldingReference,
  startApiServer,
} from '../support/api.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { runEnded, trainLasso } from '../support/training.ts';

let server: ApiServer;
const calculations: Record<string, string> = {};
const clusters: Record<string, string> = {};
let prediction: string;
let predictedPpm: readonly number[];
let level: string;
let otherLevel: string;

const OTHER = 'program=other program_version=1 method=m basis=b';
const SIGMA = [576, 560.5, 590];

/** Two sodium atoms with field gradients, the second one's only if it is given. */
function withGradients(id: string, second: string): string {
  const comment = `Properties=species:S:1:pos:R:3:sigma_iso:R:1:efg:R:9 pbc="F F F" id=${id} program=invented program_version=1 method=none basis=none`;
  const first = '-0.01 0 0 0 0.04 0 0 0 -0.03';
  return `2\n${comment}\nNa 0 0 0 576 ${first}\nNa 3.${id.length} 0 0 560 ${second}\n`;
}

beforeAll(async () => {
  server = await startApiServer({ workers: 1 });
  const content = [
    frame({ id: 'na3', positions: rowOfAtoms(3, 0.1), sigma: SIGMA }),
    frame({ id: 'nacl', elements: ['Na', 'Cl'], positions: rowOfAtoms(2, 0.1), sigma: [500, 950] }),
    frame({ id: 'two-levels', positions: rowOfAtoms(2, 0.2), sigma: [570, 571] }),
    frame({ id: 'two-levels-other', positions: rowOfAtoms(2, 0.2), sigma: [470, 471], level: OTHER }),
    frame({ id: 'wrong', positions: rowOfAtoms(4, 0.3) }),
    frame({ id: 'twice', positions: rowOfAtoms(4, 0.4) }),
    frame({ id: 'twice-again', positions: rowOfAtoms(4, 0.4), sigma: [1, 2, 3, 4] }),
    withGradients('efg', '0.02 0 0 0 -0.04 0 0 0 0.02'),
    withGradients('endless-efg', '1e307 0 0 0 -1e307 0 0 0 0'),
    withGradients('half-efg', 'nan nan nan nan nan nan nan nan nan'),
  ];
  const { items } = await importCalculations(server, content.join(''));
  for (const { label, calculation, cluster } of items) {
    calculations[label!] = calculation!.id;
    clusters[label!] = cluster!.id;
  }
  const structures = await importStructures(server, frame({ positions: rowOfAtoms(5, 0.5) }));
  clusters.unlabelled = structures.items[0].cluster!.id;
  await invalidateCalculation(server, calculations.wrong);
  level = await levelOfTheoryId(server, 'invented');
  otherLevel = await levelOfTheoryId(server, 'other');
  await createDataset(server, 'mixed');
  await createVersion(server, {
    dataset: 'mixed',
    calculations: [calculations.na3, calculations['two-levels-other'], calculations.nacl],
    split: { bySize: { validation: [], test: [3] } },
    allowMixedLevelsOfTheory: true,
  });

  const datasetVersion = await importSyntheticDataset(server, 'main', { clusters: SMALL_SPLIT, seed: 1 });
  await server.request(
    `mutation { createFeatureSet(input: { name: "cn", runningCoordinationNumbers: { radiiAngstrom: [4] } }) { id } }`,
  );
  const run = await trainLasso(server, { model: 'm', datasetVersion, featureSet: 'cn', alphas: [0.1] });
  expect(await runEnded(server, run)).toMatchObject({ state: 'SUCCEEDED' });
  await server.request(
    `mutation ($clusters: [ID!]!) { predictShieldings(input: { modelVersion: "m/1", clusters: $clusters }) {
      predictions { shieldingsPpm }
    } }`,
    { clusters: [clusters.na3] },
  );
  const { cluster } = await server.request<{ cluster: { predictions: { id: string; shieldingsPpm: number[] }[] } }>(
    'query ($id: ID!) { cluster(id: $id) { predictions { id shieldingsPpm } } }',
    { id: clusters.na3 },
  );
  prediction = cluster.predictions[0].id;
  predictedPpm = cluster.predictions[0].shieldingsPpm;
});
afterAll(() => server?.dispose());

interface Spectrum {
  readonly nucleus: string;
  readonly scale: string;
  readonly label: string;
  readonly isotropicOnly: boolean;
  readonly atomCount: number;
  readonly levelOfTheory: { readonly program: string } | null;
  readonly reference: { readonly shieldingPpm: number } | null;
  readonly lines: {
    readonly positionsPpm: number[];
    readonly quadrupolarCouplingsMegahertz: number[] | null;
    readonly asymmetries: (number | null)[] | null;
    readonly quadrupoleInducedShiftsPpm: number[] | null;
  };
  readonly positionsPpm: number[];
  readonly intensities: number[];
  readonly jcampDx: string;
}

const FIELDS = `nucleus scale label isotropicOnly atomCount lineshape fullWidthAtHalfMaximumPpm lorentzianFraction
  larmorFrequencyMegahertz levelOfTheory { program } reference { shieldingPpm }
  lines { positionsPpm quadrupolarCouplingsMegahertz asymmetries quadrupoleInducedShiftsPpm }
  positionsPpm intensities jcampDx`;

/** Arguments as GraphQL; enums are names without quotes. */
function query(args: object): string {
  const list = Object.entries(args).map(([name, value]) => {
    const text = JSON.stringify(value);
    return `${name}: ${/^(scale|lineshape|split)$/.test(name) ? text.replaceAll('"', '') : text}`;
  });
  return `{ spectrum(${list.join(', ')}) { ${FIELDS} } }`;
}

async function spectrum(args: object): Promise<Spectrum> {
  return (await server.request<{ spectrum: Spectrum }>(query(args))).spectrum;
}

function area({ positionsPpm: x, intensities: y }: Spectrum): number {
  return y.slice(1).reduce((sum, value, k) => sum + ((x[k + 1] - x[k]) * (value + y[k])) / 2, 0);
}

describe('a spectrum of shieldings', () => {
  test('has a line an atom, each of area 1, and is isotropic only', async () => {
    const found = await spectrum({ calculations: [calculations.na3] });
    expect(found).toMatchObject({
      ...{ nucleus: '23Na', scale: 'SHIELDING', label: 'isotropic only', isotropicOnly: true, atomCount: 3 },
      ...{ lineshape: 'GAUSSIAN', fullWidthAtHalfMaximumPpm: 5, lorentzianFraction: 0, larmorFrequencyMegahertz: null },
      ...{ levelOfTheory: { program: 'invented' }, reference: null },
      lines: {
        ...{ positionsPpm: SIGMA, quadrupolarCouplingsMegahertz: null, asymmetries: null },
        quadrupoleInducedShiftsPpm: null,
      },
    });
    expect(found.positionsPpm).toHaveLength(2048);
    expect([found.positionsPpm[0], found.positionsPpm.at(-1)]).toEqual([535.5, 615]);
    expect(area(found)).toBeCloseTo(3, 9);
  });

  test('is of the nucleus that is asked for', async () => {
    const chlorine = await spectrum({ calculations: [calculations.nacl, calculations.na3], nucleus: 'Cl-35' });
    expect(chlorine).toMatchObject({ nucleus: '35Cl', atomCount: 1, lines: { positionsPpm: [950] } });
    const sodium = await spectrum({ calculations: [calculations.nacl, calculations.na3] });
    expect(sodium.lines.positionsPpm).toEqual([500, ...SIGMA]);
  });

  test('is of clusters, by their valid calculation', async () => {
    expect((await spectrum({ clusters: [clusters.na3] })).lines.positionsPpm).toEqual(SIGMA);
    const two = { clusters: [clusters['two-levels']] };
    expect((await spectrum({ ...two, levelOfTheory: level })).lines.positionsPpm).toEqual([570, 571]);
    expect((await spectrum({ ...two, levelOfTheory: otherLevel })).lines.positionsPpm).toEqual([470, 471]);
  });

  test('is of a data set version or one of its splits, in its order', async () => {
    const whole = await spectrum({ datasetVersion: 'mixed/1' });
    expect(whole).toMatchObject({ atomCount: 6, levelOfTheory: null });
    expect([...whole.lines.positionsPpm].sort()).toEqual([470, 471, 500, 560.5, 576, 590]);
    expect((await spectrum({ datasetVersion: 'mixed/1', split: 'TEST' })).lines.positionsPpm).toEqual(SIGMA);
    const main = await spectrum({ datasetVersion: 'main/1', lineshape: 'LORENTZIAN' });
    const { datasetVersion } = await server.request<{ datasetVersion: { shieldingsPpm: number[] } }>(
      '{ datasetVersion(datasetVersion: "main/1") { shieldingsPpm } }',
    );
    expect(main.lines.positionsPpm).toEqual(datasetVersion.shieldingsPpm);
  });

  test('is of predictions', async () => {
    const found = await spectrum({ predictions: [prediction] });
    expect(found.lines.positionsPpm).toEqual(predictedPpm);
    expect(found).toMatchObject({ label: 'isotropic only', levelOfTheory: { program: 'synthetic' } });
  });

  test('has the range, the points and the shape that it is asked for', async () => {
    const range = { fromPpm: 550, toPpm: 600, points: 3 };
    const found = await spectrum({
      ...{ calculations: [calculations.na3], ...range },
      ...{ lineshape: 'PSEUDO_VOIGT', lorentzianFraction: 0.25, fullWidthAtHalfMaximumPpm: 2 },
    });
    expect(found.positionsPpm).toEqual([550, 575, 600]);
    expect(found).toMatchObject({ lineshape: 'PSEUDO_VOIGT', lorentzianFraction: 0.25, fullWidthAtHalfMaximumPpm: 2 });
    const at575 = 0.25 * lorentzian(1, 2) + 0.75 * gaussian(1, 2) + 0.25 * (lorentzian(14.5, 2) + lorentzian(15, 2));
    expect(found.intensities[1]).toBeCloseTo(at575, 12);
  });
});

function lorentzian(x: number, width: number): number {
  return width / 2 / Math.PI / (x ** 2 + (width / 2) ** 2);
}

function gaussian(x: number, width: number): number {
  return ((2 * Math.sqrt(Math.LN2 / Math.PI)) / width) * 2 ** (-4 * (x / width) ** 2);
}

describe('a spectrum of shifts', () => {
  const args = () => ({ calculations: [calculations.na3], scale: 'SHIFT' });

  test('needs a reference, and takes the newest unless one is given', async () => {
    const none = await refusal(server, query(args()));
    expect(none.code).toBe('NOT_FOUND');
    expect(none.message).toMatch(/set one with the mutation setShieldingReference/);
    const first = await setShieldingReference(server, { levelOfTheory: level, shieldingPpm: 600 });
    await setShieldingReference(server, { levelOfTheory: level, shieldingPpm: 576 });
    const expected = (reference: number) => SIGMA.map((each) => (reference - each) / (1 - 1e-6 * reference));
    const newest = await spectrum(args());
    expect(newest).toMatchObject({
      scale: 'SHIFT',
      reference: { shieldingPpm: 576 },
      levelOfTheory: { program: 'invented' },
    });
    expect(newest.lines.positionsPpm).toEqual(expected(576));
    const given = await spectrum({ ...args(), reference: first });
    expect(given.lines.positionsPpm).toEqual(expected(600));
    expect(given.jcampDx).toContain('$$ The abscissa is the chemical shift in ppm. Reference: invented, sigma_ref');
  });

  test('refuses a reference of another level of theory, and levels that are mixed', async () => {
    const other = await setShieldingReference(server, { levelOfTheory: otherLevel });
    expect(await refusal(server, query({ ...args(), reference: other }))).toMatchObject({
      code: 'MIXED_LEVELS_OF_THEORY',
    });
    const mixed = await refusal(server, query({ datasetVersion: 'mixed/1', scale: 'SHIFT' }));
    expect(mixed.code).toBe('MIXED_LEVELS_OF_THEORY');
    expect(mixed.message).toMatch(
      /mixed\/1 are of 2 levels of theory \(.*invented 1 none\/none.*\), but shifts have one reference/,
    );
  });

  test('of predictions has the level of theory of the training data', async () => {
    const synthetic = await levelOfTheoryId(server, 'synthetic');
    await setShieldingReference(server, { levelOfTheory: synthetic, shieldingPpm: 576 });
    const { lines } = await spectrum({ predictions: [prediction], scale: 'SHIFT' });
    expect(lines.positionsPpm).toEqual(predictedPpm.map((each) => (576 - each) / (1 - 576e-6)));
    const { node } = await server.request<{ node: { shiftsPpm: number[] } }>(
      'query ($id: ID!) { node(id: $id) { ... on Prediction { shiftsPpm } } }',
      { id: prediction },
    );
    expect(node.shiftsPpm).toEqual(lines.positionsPpm);
  });
});

describe('field gradients', () => {
  const QUADRUPOLAR = [
    { coupling: 234.9647 * 0.104 * 0.04, asymmetry: 0.5 },
    { coupling: 234.9647 * 0.104 * 0.04, asymmetry: 0 },
  ];
  const qis = QUADRUPOLAR.map(
    ({ coupling, asymmetry }) => (-25_000 * coupling ** 2 * (1 + asymmetry ** 2 / 3)) / 105.8 ** 2,
  );

  function expectNear(found: readonly (number | null)[] | null, wanted: readonly number[]): void {
    expect(found).toHaveLength(wanted.length);
    found!.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i], 9);
    });
  }

  test('of all nuclei give couplings, which are not applied unasked', async () => {
    const found = await spectrum({ calculations: [calculations.efg] });
    expect(found).toMatchObject({
      label: 'isotropic positions; quadrupolar couplings known but not applied',
      isotropicOnly: false,
      lines: { positionsPpm: [576, 560], quadrupoleInducedShiftsPpm: null },
    });
    expectNear(found.lines.quadrupolarCouplingsMegahertz, [QUADRUPOLAR[0].coupling, QUADRUPOLAR[1].coupling]);
    expectNear(found.lines.asymmetries, [0.5, 0]);
  });

  test('move the lines at a Larmor frequency: shifts up the formula, shieldings down', async () => {
    const larmor = { calculations: [calculations.efg], larmorFrequencyMegahertz: 105.8 };
    const shielding = await spectrum(larmor);
    expect(shielding.label).toMatch(/second-order quadrupole-induced shift .* at 105.8 MHz; no quadrupolar broadening/);
    expectNear(shielding.lines.quadrupoleInducedShiftsPpm, qis);
    expectNear(shielding.lines.positionsPpm, [576 - qis[0], 560 - qis[1]]);
    expect(shielding.jcampDx).toContain('##.OBSERVE FREQUENCY= 105.8\r\n');
    await setShieldingReference(server, { levelOfTheory: level, shieldingPpm: 576 });
    const shift = await spectrum({ ...larmor, scale: 'SHIFT' });
    expectNear(shift.lines.positionsPpm, [qis[0], 16 / (1 - 576e-6) + qis[1]]);
  });

  test('that are known of some nuclei only leave it isotropic, and refuse a Larmor frequency', async () => {
    const some = { calculations: [calculations.efg, calculations['half-efg']] };
    expect(await spectrum(some)).toMatchObject({
      ...{ label: 'isotropic only', isotropicOnly: true },
      lines: { quadrupolarCouplingsMegahertz: null, asymmetries: null },
    });
    const error = await refusal(server, query({ ...some, larmorFrequencyMegahertz: 105.8 }));
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message).toMatch(/needs the electric field gradients of all 23Na, but 1 of 4 atoms have none/);
  });
});

test('the JCAMP-DX file is that spectrum, and says what it is', async () => {
  const found = await spectrum({ calculations: [calculations.na3], points: 500 });
  const { flatten } = convert(found.jcampDx);
  const [{ title, spectra }] = flatten;
  expect(title).toBe('23Na shieldings (not shifts), computed: calculation na3');
  const { data } = spectra![0] as unknown as { data: { x: number[]; y: number[] } };
  expect(data.x).toHaveLength(500);
  const highest = Math.max(...found.intensities);
  expect(Math.max(...data.x.map((x, k) => Math.abs(x - found.positionsPpm[k])))).toBeLessThan(1e-9);
  expect(Math.max(...data.y.map((y, k) => Math.abs(y - found.intensities[k])))).toBeLessThan(1e-9 * highest);
  expect(found.jcampDx).toContain('$$ The abscissa is the absolute shielding sigma in ppm, NOT a chemical shift');
  expect(found.jcampDx).toContain('$$ Positions: isotropic only.');
});

describe('a spectrum', () => {
  const one = () => ({ calculations: [calculations.na3] });
  test.each([
    [
      'no source',
      () => ({ points: 10 }),
      /exactly one of calculations, clusters, predictions and datasetVersion, not 0/,
    ],
    ['two sources', () => ({ ...one(), clusters: [clusters.na3] }), /exactly one of .*, not 2/],
    ['an empty list', () => ({ calculations: [] }), /calculations lists 0; give 1 to 1000/],
    ['too long a list', () => ({ clusters: Array(1001).fill(clusters.na3) }), /clusters lists 1001/],
    [
      'a calculation twice',
      () => ({ calculations: Array(2).fill(calculations.na3) }),
      /calculations\[1\] is listed before/,
    ],
    ['an unknown nucleus', () => ({ ...one(), nucleus: '1Xx' }), /there is no element Xx/],
    [
      'an element that no atom has',
      () => ({ ...one(), nucleus: '7Li' }),
      /no atom of calculation na3 is Li, so there is no 7Li; it has Na/,
    ],
    ['a width of 0', () => ({ ...one(), fullWidthAtHalfMaximumPpm: 0 }), /fullWidthAtHalfMaximumPpm is 0; give/],
    ['a negative width', () => ({ ...one(), fullWidthAtHalfMaximumPpm: -5 }), /fullWidthAtHalfMaximumPpm is -5; give/],
    ['a fraction without its shape', () => ({ ...one(), lorentzianFraction: 0.5 }), /goes with PSEUDO_VOIGT/],
    [
      'a fraction above 1',
      () => ({ ...one(), lineshape: 'PSEUDO_VOIGT', lorentzianFraction: 2 }),
      /lorentzianFraction is 2/,
    ],
    ['one point', () => ({ ...one(), points: 1 }), /points is 1; give 2 to 65536/],
    ['too many points', () => ({ ...one(), points: 65_537 }), /points is 65537/],
    ['a range that is none', () => ({ ...one(), fromPpm: 1, toPpm: 1 }), /give a range that ascends/],
    [
      'a field gradient beyond all reason',
      () => ({ calculations: [calculations['endless-efg']] }),
      /field gradient of 23Na 2 of calculation endless-efg has elements of up to 1e\+307 a\.u\.,/,
    ],
    [
      'a range that is hardly one',
      () => ({ ...one(), fromPpm: 0, toPpm: 1e-100, points: 10 }),
      /0 to 1e-100 ppm is too narrow for 10 points/,
    ],
    ['half a range', () => ({ ...one(), fromPpm: 1 }), /give both fromPpm and toPpm/],
    ['a split without version', () => ({ ...one(), split: 'TEST' }), /split goes with datasetVersion only/],
    ['a level without clusters', () => ({ ...one(), levelOfTheory: level }), /levelOfTheory goes with clusters only/],
    [
      'two levels of a cluster',
      () => ({ clusters: [clusters['two-levels']] }),
      /cluster two-levels has valid calculations at several levels of theory; say which/,
    ],
    [
      'two calculations of a cluster',
      () => ({ clusters: [clusters.twice] }),
      /cluster twice has 2 valid calculations at one level/,
    ],
    ['a Larmor frequency alone', () => ({ ...one(), larmorFrequencyMegahertz: 105.8 }), /but 3 of 3 atoms have none/],
    [
      'a Larmor frequency of 0',
      () => ({ calculations: [calculations.efg], larmorFrequencyMegahertz: 0 }),
      /give 1 to 10000 MHz/,
    ],
    [
      'a Larmor frequency of what is not known',
      () => ({ calculations: [calculations.nacl], nucleus: '35Cl', larmorFrequencyMegahertz: 39 }),
      /spin and quadrupole moment of 35Cl, which are not known/,
    ],
  ])('with %s is refused', async (_, args, says) => {
    const error = await refusal(server, query(args()));
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message).toMatch(says);
  });

  test.each([
    [
      'of an invalidated calculation',
      () => ({ calculations: [calculations.wrong] }),
      'INVALID_STATE',
      /calculation wrong was invalidated \(did not converge\)/,
    ],
    [
      'of a cluster without valid calculation',
      () => ({ clusters: [clusters.wrong] }),
      'NOT_FOUND',
      /cluster wrong has no valid calculation;/,
    ],
    [
      'of a cluster without label and calculation',
      () => ({ clusters: [clusters.unlabelled] }),
      'NOT_FOUND',
      /^cluster Na5 [0-9a-f]{12} has no valid calculation;/,
    ],
    [
      'of a level that a cluster lacks',
      () => ({ clusters: [clusters.na3], levelOfTheory: otherLevel }),
      'NOT_FOUND',
      /no valid calculation at that level of theory/,
    ],
    [
      'of an empty split',
      () => ({ datasetVersion: 'mixed/1', split: 'VALIDATION' }),
      'EMPTY_SPLIT',
      /validation of mixed\/1 is empty/,
    ],
  ])('%s is refused', async (_, args, code, says) => {
    const error = await refusal(server, query(args()));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
  });

  test('of shieldings takes no reference', async () => {
    const reference = await setShieldingReference(server, { levelOfTheory: level });
    const error = await refusal(server, query({ ...one(), reference }));
    expect(error).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/goes with the scale SHIFT/),
    });
  });
});
