import { describe, expect, it } from 'vitest';
import {
  checkedLineshape,
  gaussian,
  LINESHAPES,
  type LineshapeKind,
  lorentzian,
} from '../../src/chemistry/spectrum/lineshapes.ts';
import { spectrumAxis, spectrumIntensities } from '../../src/chemistry/spectrum.ts';
import { Random } from '../../src/random.ts';

const WIDTHS = [0.02, 1, 7.5];
const LINE_OF_1_37 = checkedLineshape('LORENTZIAN', 1.37, null);

function axis(from: number, to: number, points: number): Float64Array {
  return Float64Array.from({ length: points }, (_, k) => from + ((to - from) * k) / (points - 1));
}

function trapezoid(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let k = 1; k < x.length; k++) sum += ((x[k] - x[k - 1]) * (y[k] + y[k - 1])) / 2;
  return sum;
}

/** The same but for so much of the highest of them. */
function expectNear(found: Float64Array, wanted: Float64Array, tolerance: number): void {
  const farthest = found.reduce((most, value, k) => Math.max(most, Math.abs(value - wanted[k])), 0);
  expect(farthest).toBeLessThanOrEqual(tolerance * Math.max(...wanted));
}

/** One line at 0. */
function shape(
  kind: LineshapeKind,
  width: number,
  fraction: number | null,
  x: ArrayLike<number>,
): Promise<Float64Array> {
  return spectrumIntensities([0], checkedLineshape(kind, width, fraction), x);
}

describe.each(WIDTHS)('a line of full width %d ppm', (width) => {
  it('is a Lorentzian of area 1', async () => {
    const [top, half, far] = await shape('LORENTZIAN', width, null, [0, width / 2, 10 * width]);
    expect(top * width).toBeCloseTo(2 / Math.PI, 14);
    expect(half / top).toBeCloseTo(0.5, 14);
    expect(far / top).toBeCloseTo(1 / 401, 14);
    const x = axis(-50 * width, 50 * width, 20_001);
    expect(trapezoid(x, await shape('LORENTZIAN', width, null, x))).toBeCloseTo((2 / Math.PI) * Math.atan(100), 7);
  });

  it('is a Gaussian of area 1', async () => {
    const [top, half, far] = await shape('GAUSSIAN', width, null, [0, -width / 2, 2 * width]);
    expect(top * width).toBeCloseTo(2 * Math.sqrt(Math.LN2 / Math.PI), 14);
    expect(half / top).toBeCloseTo(0.5, 14);
    expect(far / top).toBeCloseTo(2 ** -16, 14);
    const x = axis(-5 * width, 5 * width, 2001);
    expect(trapezoid(x, await shape('GAUSSIAN', width, null, x))).toBeCloseTo(1, 12);
  });

  it('is a pseudo-Voigt, the weighted sum of both, of the same full width', async () => {
    const x = axis(-3 * width, 3 * width, 61);
    for (const fraction of [0, 0.3, 1, null]) {
      const mixed = await shape('PSEUDO_VOIGT', width, fraction, x);
      const l = await shape('LORENTZIAN', width, null, x);
      const g = await shape('GAUSSIAN', width, null, x);
      const share = fraction ?? 0.5;
      const sum = x.map((_, k) => share * l[k] + (1 - share) * g[k]);
      expectNear(mixed, sum, 1e-14);
      const [top, half] = await shape('PSEUDO_VOIGT', width, fraction, [0, width / 2]);
      expect(half / top).toBeCloseTo(0.5, 13);
    }
  });
});

describe('a sum of lines', () => {
  it('has the area of its lines', async () => {
    const x = axis(300, 700, 8001);
    const lines = [450, 450, 500, 550.25];
    expect(trapezoid(x, await spectrumIntensities(lines, checkedLineshape('GAUSSIAN', 4, null), x))).toBeCloseTo(4, 10);
  });

  it.each([
    ['LORENTZIAN', lorentzian, 513, 1],
    ['LORENTZIAN', lorentzian, 5000, 0.003],
    ['LORENTZIAN', lorentzian, 5000, 5],
    ['LORENTZIAN', lorentzian, 5000, 2000],
    ['GAUSSIAN', gaussian, 513, 1],
    ['GAUSSIAN', gaussian, 5000, 0.003],
    ['GAUSSIAN', gaussian, 5000, 5],
    ['GAUSSIAN', gaussian, 5000, 2000],
  ] as const)('%s of many lines is as near to the direct one as it says', async (kind, kernel, count, width) => {
    const random = new Random(count);
    // crowded, spread, one far away and a tenth at one place
    const lines = Array.from({ length: count }, (_, i) => (i % 10 === 0 ? 560 : 450 + 200 * random.uniform() ** 2));
    lines[1] = -3000;
    const x = Float64Array.from([...axis(380, 700, 97), 560, -3000, 1e5]);
    const found = await spectrumIntensities(lines, checkedLineshape(kind, width, null), x);
    const { at } = kernel(width);
    const direct = Float64Array.from(x, (position) => lines.reduce((sum, line) => sum + at(position - line), 0));
    const highest = Math.max(...direct);
    expect(direct.filter((value) => value > 1e-3 * highest).length).toBeGreaterThan(0);
    expectNear(found, direct, 1e-9);
    // tails count in full, however far
    if (kind === 'LORENTZIAN') {
      const ratios = found.map((value, k) => value / direct[k]);
      expectNear(ratios, new Float64Array(ratios.length).fill(1), 1e-8);
    }
  });

  it('may be of lines at one place, or as near as neighbouring doubles, whatever their width', async () => {
    const random = new Random(11);
    const bunches: ((i: number) => number)[] = [
      () => 600,
      (i) => (i % 2 === 0 ? 600 : 600 + 2 ** -43),
      () => 600 + 1e-12 * random.uniform(),
      (i) => (i === 0 ? 599 : 600),
      (i) => (i === 0 ? -3e19 : 600),
    ];
    for (let round = 0; round < 300; round++) {
      const width = 10 ** (8 * random.uniform() - 4);
      const lines = Array.from({ length: 600 }, (_, i) => bunches[round % bunches.length](i));
      const x = [600, ...Array.from({ length: 16 }, (_, k) => 600 + (k % 2 === 0 ? 1 : -1) * width * 10 ** (-k / 3))];
      for (const kind of LINESHAPES) {
        const line = checkedLineshape(kind, width, null);
        const direct = new Float64Array(x.length);
        for (let from = 0; from < lines.length; from += 300) {
          (await spectrumIntensities(lines.slice(from, from + 300), line, x)).forEach((value, k) => {
            direct[k] += value;
          });
        }
        expectNear(await spectrumIntensities(lines, line, x), direct, 1e-9);
      }
    }
  });

  it('of lines within a third of their width has its middle', async () => {
    const random = new Random(12);
    const { at } = lorentzian(1.37);
    expect((await spectrumIntensities(new Float64Array(600).fill(600), LINE_OF_1_37, [600]))[0]).toBeCloseTo(278.81, 2);
    for (let round = 0; round < 200; round++) {
      // the outermost two are as far apart as the limit of smoothness, or nearly
      const reach = (1.37 / 6) * (1 + (round % 5) * 1e-16);
      const lines = Array.from({ length: 600 }, () => 600 + reach * (2 * random.uniform() - 1));
      lines.push(600 - reach, 600 + reach);
      const x = Float64Array.of(600, 600 + 1e-13, 600 - reach, 600 + 2 * reach, 601.37);
      const direct = x.map((position) => lines.reduce((sum, line) => sum + at(position - line), 0));
      expectNear(await spectrumIntensities(lines, LINE_OF_1_37, x), direct, 1e-9);
    }
  });

  it.each([
    ['few lines at many points', 512, 20_000],
    ['many lines at many points', 20_000, 2000],
    ['a tree of many lines', 200_000, 2],
  ])('of %s lets other work run in between', async (_, count, points) => {
    let turns = 0;
    let isOver = false;
    const turn = () => {
      turns++;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    const lines = Float64Array.from({ length: count }, (_, i) => 500 + (i % 977) / 10);
    await spectrumIntensities(lines, LINE_OF_1_37, axis(400, 700, points));
    isOver = true;
    expect(turns).toBeGreaterThan(10);
  });

  it('of a million lines at 65,536 points comes to an end', async () => {
    const random = new Random(3);
    const lines = Float64Array.from({ length: 1_000_000 }, () => 450 + 200 * random.uniform());
    const x = axis(400, 700, 65_536);
    const y = await spectrumIntensities(lines, checkedLineshape('LORENTZIAN', 1, null), x);
    expect(trapezoid(x, y)).toBeGreaterThan(990_000);
    expect(trapezoid(x, y)).toBeLessThan(1_000_000);
  });
});

describe('an axis', () => {
  const lines = Float64Array.of(560, 500, 576);

  it('reaches five widths beyond the lines unless told, ends included', () => {
    const positions = spectrumAxis({ fromPpm: null, toPpm: null, points: 5 }, lines, 2);
    expect([...positions]).toEqual([490, 514, 538, 562, 586]);
  });

  it('is as told', () => {
    expect([...spectrumAxis({ fromPpm: -1, toPpm: 1, points: 2 }, lines, 2)]).toEqual([-1, 1]);
    expect(spectrumAxis({ fromPpm: -50.123, toPpm: 0.0001, points: 1000 }, lines, 2).at(-1)).toBe(0.0001);
    expect([...spectrumAxis({ fromPpm: 0, toPpm: 2e-10, points: 3 }, lines, 2)]).toEqual([0, 1e-10, 2e-10]);
    // the narrowest lines at 0, seen unasked at the most points
    expect(spectrumAxis({ fromPpm: null, toPpm: null, points: 65_536 }, Float64Array.of(0), 1e-6)[0]).toBeCloseTo(
      -5e-6,
      15,
    );
  });

  it.each([
    [{ fromPpm: 1, toPpm: 1, points: 2 }, /give a range that ascends within ±10000000 ppm/],
    [{ fromPpm: 2, toPpm: 1, points: 2 }, /fromPpm is 2 and toPpm 1/],
    [{ fromPpm: -1e8, toPpm: 1, points: 2 }, /give a range that ascends within/],
    [{ fromPpm: 0, toPpm: 1e300, points: 2 }, /give a range that ascends within/],
    [{ fromPpm: 0, toPpm: null, points: 2 }, /give both fromPpm and toPpm, or neither/],
    [{ fromPpm: null, toPpm: 0, points: 2 }, /give both/],
    [{ fromPpm: null, toPpm: null, points: 1 }, /points is 1; give 2 to 65536/],
    [{ fromPpm: null, toPpm: null, points: 65_537 }, /points is 65537; give 2 to 65536/],
    [{ fromPpm: 576, toPpm: 576.000001, points: 65_536 }, /too narrow for 65536 points/],
    [{ fromPpm: 0, toPpm: 1e-100, points: 10 }, /0 to 1e-100 ppm is too narrow for 10 points, .* at least 1e-10 ppm/],
    [{ fromPpm: 0, toPpm: 5e-324, points: 2 }, /take fewer or a wider range/],
    [{ fromPpm: -1e-10, toPpm: 1e-10, points: 4 }, /at least 1e-10 ppm/],
  ])('cannot be %j', (input, says) => {
    expect(() => spectrumAxis(input, lines, 2)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
    expect(() => spectrumAxis(input, lines, 2)).toThrow(says);
  });
});

describe('a lineshape', () => {
  it.each([
    ['GAUSSIAN', 0, null, /fullWidthAtHalfMaximumPpm is 0; give 0.000001 to 1000000 ppm/],
    ['LORENTZIAN', -1, null, /fullWidthAtHalfMaximumPpm is -1/],
    ['GAUSSIAN', Number.NaN, null, /is NaN/],
    ['GAUSSIAN', 1e-300, null, /is 1e-300/],
    ['GAUSSIAN', 1e7, null, /is 10000000/],
    ['PSEUDO_VOIGT', 1, -0.1, /lorentzianFraction is -0.1; give 0 \(Gaussian\) to 1 \(Lorentzian\)/],
    ['PSEUDO_VOIGT', 1, 1.1, /lorentzianFraction is 1.1/],
    ['GAUSSIAN', 1, 0.5, /lorentzianFraction goes with PSEUDO_VOIGT, not with GAUSSIAN/],
  ] as const)('cannot be %s of %s ppm with %s', (kind, width, fraction, says) => {
    const make = () => checkedLineshape(kind, width, fraction);
    expect(make).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
    expect(make).toThrow(says);
  });
});
