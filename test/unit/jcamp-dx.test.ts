import { convert } from 'jcampconverter';
import { describe, expect, it } from 'vitest';
import { writeJcampDx } from '../../src/chemistry/jcamp-dx.ts';
import { parseNucleus } from '../../src/chemistry/nuclei.ts';
import { checkedLineshape, LINESHAPES } from '../../src/chemistry/spectrum/lineshapes.ts';
import { spectrumAxis, spectrumIntensities } from '../../src/chemistry/spectrum.ts';
import { Random } from '../../src/random.ts';

interface Options {
  readonly title?: string;
  readonly nucleus?: string;
  readonly megahertz?: number | null;
  readonly comments?: readonly string[];
  readonly from?: number;
  readonly to?: number;
  readonly points?: number;
}

async function written(
  intensitiesOf: (x: Float64Array) => Float64Array | Promise<Float64Array>,
  options: Options = {},
) {
  const { title = 'a title', nucleus = '23Na', megahertz = null, comments = [] } = options;
  const { from = 400, to = 700, points = 2048 } = options;
  const positionsPpm = spectrumAxis({ fromPpm: from, toPpm: to, points }, Float64Array.of(0), 1);
  const intensities = await intensitiesOf(positionsPpm);
  const text = writeJcampDx({
    ...{ title, comments, positionsPpm, intensities },
    nucleus: parseNucleus(nucleus),
    larmorFrequencyMegahertz: megahertz,
  });
  return { text, positionsPpm, intensities };
}

/** What jcampconverter reads: one spectrum, nothing else. */
function read(text: string) {
  const { flatten } = convert(text, { keepRecordsRegExp: /.*/ });
  expect(flatten).toHaveLength(1);
  const [{ title, dataType, meta, spectra }] = flatten;
  expect(spectra).toHaveLength(1);
  return { title, dataType, meta, spectrum: spectra![0] as (typeof spectra)[0] & Record<string, unknown> };
}

function expectSame(text: string, positionsPpm: Float64Array, intensities: Float64Array): void {
  const { data } = read(text).spectrum as unknown as { data: { x: number[]; y: number[] } };
  expect(data.x).toHaveLength(positionsPpm.length);
  expect(data.y).toHaveLength(positionsPpm.length);
  const step = positionsPpm[1] - positionsPpm[0];
  const highest = Math.max(...intensities);
  const farthest = (found: number[], wanted: Float64Array) =>
    found.reduce((most, value, k) => Math.max(most, Math.abs(value - wanted[k])), 0);
  expect(farthest(data.x, positionsPpm)).toBeLessThan(1e-7 * step);
  expect(farthest(data.y, intensities)).toBeLessThanOrEqual(2.6e-10 * highest);
}

function expectWellFormed(text: string): void {
  expect(text).toMatch(/^[\r\n -~]*$/);
  const lines = text.split('\r\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  const data = lines.indexOf('##XYDATA= (X++(Y..Y))');
  expect(lines.slice(0, data).every((line) => /^(##[-A-Z. ]+= |\$\$ )/.test(line))).toBe(true);
  expect(lines.slice(data + 1, -2).every((line) => /^-?\d+(\.\d+)?( -?\d{1,10})+$/.test(line))).toBe(true);
  expect(lines.slice(-2)).toEqual(['##END=', '']);
}

describe('a JCAMP-DX file', () => {
  it.each(
    LINESHAPES.flatMap((kind) => [
      [kind, 400, 700, 2048] as const,
      [kind, -50.123, 0.0001, 1000] as const,
      [kind, -1e-4, 1e-4, 2] as const,
      [kind, -3e6, 5e6, 65_536] as const,
    ]),
  )('is read back by jcampconverter: %s from %d to %d ppm, %d points', async (kind, from, to, points) => {
    const shape = checkedLineshape(kind, (to - from) / 30, null);
    const lines = [from + (to - from) / 3, from + (to - from) / 2];
    const { text, positionsPpm, intensities } = await written((x) => spectrumIntensities(lines, shape, x), {
      from,
      to,
      points,
    });
    expectWellFormed(text);
    expectSame(text, positionsPpm, intensities);
    const { dataType, spectrum } = read(text);
    expect(dataType).toBe('NMR SPECTRUM');
    expect(spectrum).toMatchObject({ xUnits: 'PPM', nbPoints: points, firstX: from, lastX: to });
  });

  it('has the labels that the standard needs, once each', async () => {
    const { text } = await written((x) => x.map(() => 1), { megahertz: 105.8 });
    const labels = [...text.matchAll(/^##([^=]*)=/gm)].map(([, label]) => label);
    expect(new Set(labels).size).toBe(labels.length);
    const needed =
      'TITLE, JCAMP-DX, DATA TYPE, DATA CLASS, ORIGIN, OWNER, .OBSERVE FREQUENCY, .OBSERVE NUCLEUS, XUNITS, YUNITS, ' +
      'XFACTOR, YFACTOR, FIRSTX, LASTX, FIRSTY, MAXY, MINY, NPOINTS, XYDATA, END';
    expect(labels).toEqual(expect.arrayContaining(needed.split(', ')));
    expect(labels[0]).toBe('TITLE');
    expect(text).toContain('##JCAMP-DX= 5.01\r\n');
    expect(text).toContain('##.OBSERVE NUCLEUS= ^23Na\r\n');
    expect(text).toContain('##.OBSERVE FREQUENCY= 105.8\r\n');
    expect(text).not.toContain('nominal');
  });

  it('says that its frequency is nominal unless there is one', async () => {
    const sodium = (await written((x) => x.map(() => 1))).text;
    expect(sodium).toContain('##.OBSERVE FREQUENCY= 105.8076\r\n');
    expect(sodium).toContain('$$ .OBSERVE FREQUENCY is nominal, of 23Na where protons resonate at 400 MHz;');
    const chlorine = (await written((x) => x.map(() => 1), { nucleus: '35Cl' })).text;
    expect(chlorine).toContain('##.OBSERVE FREQUENCY= 1\r\n');
    expect(chlorine).toContain('$$ .OBSERVE FREQUENCY is nominal, so that 1 ppm is 1 Hz;');
    expect(read(chlorine).spectrum).toMatchObject({ observeFrequency: 1 });
  });

  it.each([
    ['line breaks and an early end', 'a\r\n##END=\n##TITLE= b', 'a #END= #TITLE= b'],
    ['comments', 'a $$ b', 'a $ b'],
    ['marks in disguise', 'a ＃＃END= ＄＄', 'a #END= $'],
    ['letters beyond ASCII', 'né σ 漢 \u0007\u2028x', 'ne sigma ? ? x'],
    ['nothing', '', ''],
    ['too much', 'y'.repeat(500), `${'y'.repeat(68)}...`],
  ])('is not broken by a title and comments with %s', async (_, title, expected) => {
    const shape = checkedLineshape('GAUSSIAN', 5, null);
    const make = (x: Float64Array) => spectrumIntensities([576], shape, x);
    const { text, positionsPpm, intensities } = await written(make, {
      title,
      comments: [title, 'and more'],
      points: 64,
    });
    expectWellFormed(text);
    expectSame(text, positionsPpm, intensities);
    expect(read(text).title).toBe(expected);
  });

  it('may be of nothing but zeros', async () => {
    const { text, positionsPpm, intensities } = await written((x) => x.map(() => 0), { points: 10 });
    expectWellFormed(text);
    expectSame(text, positionsPpm, intensities);
  });

  it.each([
    [1e-291, 0],
    [2.6e-315, 0],
    [5e-324, 0],
    [1e-290, 1e-290],
  ])('of a top of %d is written with the top %d', async (top, inFile) => {
    const { text } = await written((x) => x.map((_, k) => (k === 5 ? top : 0)), { points: 10 });
    expectWellFormed(text);
    const { data } = read(text).spectrum as unknown as { data: { y: number[] } };
    expect(inFile === 0 ? data.y[5] : data.y[5] * 1e290).toBeCloseTo(inFile === 0 ? 0 : 1, 9);
    expect(Number(/YFACTOR= (.*)/.exec(text)![1]) * (inFile === 0 ? 1 : 2e299)).toBeCloseTo(1, 9);
  });

  it('holds finite numbers in short lines only, however extreme the spectrum', async () => {
    const random = new Random(21);
    const anyOf = (least: number, most: number) => 10 ** (least + (most - least) * random.uniform());
    for (let round = 0; round < 400; round++) {
      const kind = LINESHAPES[round % LINESHAPES.length];
      const width = anyOf(-6, 6);
      const points = 2 + Math.floor(30 * random.uniform());
      const step = anyOf(-10, 5);
      const from = round % 4 === 0 ? 0 : (random.uniform() - 0.5) * Math.min(1e7, step * anyOf(0, 12));
      const to = from + step * (points - 1) * (1 + 1e-6);
      // from the middle of its line to where a Gaussian is no more: 38 standard deviations are 16 widths
      const line = to + width * 20 * random.uniform();
      const { text } = await written(
        (x) => spectrumIntensities(Array(1 + (round % 600)).fill(line), checkedLineshape(kind, width, null), x),
        { from, to, points, megahertz: round % 2 === 0 ? null : anyOf(0, 4) },
      );
      expectWellFormed(text);
      expect(text).not.toMatch(/NAN|INFINITY/i);
      const numbers = [...text.matchAll(/^##(?:[XY]FACTOR|[A-Z]*[XY])= (.*)\r$/gm)];
      expect(numbers).toHaveLength(10);
      for (const [, number] of numbers) expect(number).toMatch(/^-?\d+(\.\d+)?(E[-+]\d+)?$/);
      expect(Number(/YFACTOR= (.*)/.exec(text)![1])).toBeGreaterThan(0);
    }
  });
});
