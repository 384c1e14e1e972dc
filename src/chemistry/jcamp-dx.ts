import { type Nucleus, nuclearDataOf } from './nuclei.ts';

const LONGEST_LINE = 80;
/** The largest ordinate: ten digits that fit a 32-bit integer, as some readers need. */
const LARGEST_ORDINATE = 2_000_000_000;
/** Below it the factor of the ordinates would lose digits, and then vanish. */
const LEAST_TOP = 1e-290;
/** Protons resonate at this frequency in a common magnet. */
const NOMINAL_PROTON_MEGAHERTZ = 400;

export interface JcampSpectrum {
  /** May hold anything; what the format cannot hold is left out. */
  readonly title: string;
  readonly nucleus: Nucleus;
  /** Larmor frequency of the nucleus, if the spectrum depends on one. */
  readonly larmorFrequencyMegahertz: number | null;
  /** What the reader of the file must know, in `$$` lines before the data; may hold anything. */
  readonly comments: readonly string[];
  /** [points], ascending and equally spaced, in ppm. */
  readonly positionsPpm: Float64Array;
  /** [points] */
  readonly intensities: Float64Array;
}

/**
 * A spectrum as JCAMP-DX 5.01 (Lampen, Lambert, Lancashire, McDonald, McIntyre, Rutledge, Fröhlich, Davies, Pure Appl. Chem. 71,
 * 1549 (1999)): NMR SPECTRUM, XYDATA as (X++(Y..Y)) in AFFN, ASCII, lines of at most 80 characters. Ordinates are integers of up
 * to ten digits, so that an intensity is off by at most 2.5e-10 of the highest one; all are zero if that is below 1e-290. The
 * standard wants an observe frequency: one that belongs to no measurement is said to be nominal.
 */
export function writeJcampDx(spectrum: JcampSpectrum): string {
  const { nucleus, positionsPpm: x, intensities: y } = spectrum;
  const points = x.length;
  const first = x[0];
  const last = x[points - 1];
  const step = (last - first) / (points - 1);
  const highest = y.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const factor = highest < LEAST_TOP ? 1 : highest / LARGEST_ORDINATE;
  const ordinates = Array.from(y, (value) => Math.round(value / factor));
  const observe = observeFrequency(spectrum);
  const lines = [
    labelled('TITLE', spectrum.title),
    labelled('JCAMP-DX', '5.01'),
    labelled('DATA TYPE', 'NMR SPECTRUM'),
    labelled('DATA CLASS', 'XYDATA'),
    labelled('ORIGIN', 'Natrium, computed'),
    labelled('OWNER', 'see ORIGIN'),
    // some readers take them into the value of the label before: no number may stand there
    ...[...observe.comments, ...spectrum.comments].flatMap(commentLines),
    labelled('.OBSERVE FREQUENCY', numberText(observe.megahertz)),
    labelled('.OBSERVE NUCLEUS', `^${nucleus.name}`),
    labelled('XUNITS', 'PPM'),
    labelled('YUNITS', 'ARBITRARY UNITS'),
    labelled('XFACTOR', '1'),
    labelled('YFACTOR', numberText(factor)),
    labelled('FIRSTX', numberText(first)),
    labelled('LASTX', numberText(last)),
    labelled('DELTAX', numberText(step)),
    labelled('MINX', numberText(first)),
    labelled('MAXX', numberText(last)),
    labelled('FIRSTY', numberText(ordinates[0] * factor)),
    labelled('MINY', numberText(extreme(ordinates, Math.min) * factor)),
    labelled('MAXY', numberText(extreme(ordinates, Math.max) * factor)),
    labelled('NPOINTS', String(points)),
    '##XYDATA= (X++(Y..Y))',
    ...dataLines(x, step, ordinates),
    '##END=',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function observeFrequency({ nucleus, larmorFrequencyMegahertz }: JcampSpectrum) {
  if (larmorFrequencyMegahertz !== null) return { megahertz: larmorFrequencyMegahertz, comments: [] };
  const ratio = nuclearDataOf(nucleus)?.frequencyRatioPercent;
  return ratio === undefined
    ? { megahertz: 1, comments: ['.OBSERVE FREQUENCY is nominal, so that 1 ppm is 1 Hz; nothing was observed.'] }
    : {
        megahertz: Number(((NOMINAL_PROTON_MEGAHERTZ * ratio) / 100).toPrecision(12)),
        comments: [
          `.OBSERVE FREQUENCY is nominal, of ${nucleus.name} where protons resonate at ${NOMINAL_PROTON_MEGAHERTZ} MHz; ` +
            'nothing was observed and no position depends on it.',
        ],
      };
}

function labelled(label: string, value: string): string {
  const line = `##${label}= ${asciiOf(value)}`;
  return line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE - 3)}...`;
}

function commentLines(comment: string): string[] {
  const text = asciiOf(comment);
  if (text === '') return [];
  const lines: string[] = [];
  let line = '$$';
  for (const word of text.split(' ')) {
    for (let at = 0; at < word.length; at += LONGEST_LINE - 3) {
      const part = word.slice(at, at + LONGEST_LINE - 3);
      if (line.length + 1 + part.length > LONGEST_LINE) {
        lines.push(line);
        line = '$$';
      }
      line += ` ${part}`;
    }
  }
  return [...lines, line];
}

/** Printable ASCII on one line, without the marks of labels and comments; `?` for what has no letter in ASCII. */
function asciiOf(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/σ/g, 'sigma')
    .replace(/δ/g, 'delta')
    .replace(/\s+/g, ' ')
    .replace(/[^ -~]/gu, '?')
    .replace(/#{2,}/g, '#')
    .replace(/\${2,}/g, '$')
    .trim();
}

/** The shortest text that is read as the same double. */
function numberText(value: number): string {
  return String(value).toUpperCase();
}

function extreme(values: readonly number[], choose: (a: number, b: number) => number): number {
  return values.reduce((found, value) => choose(found, value));
}

/** Each line begins with the position of its first ordinate, in decimals: an exponent would be read as compressed digits. */
function* dataLines(x: Float64Array, step: number, ordinates: readonly number[]): Generator<string> {
  const decimals = Math.max(0, 3 - Math.floor(Math.log10(step)));
  let line = '';
  for (const [k, ordinate] of ordinates.entries()) {
    const text = ` ${ordinate}`;
    if (line.length + text.length > LONGEST_LINE) {
      yield line;
      line = '';
    }
    if (line === '') line = x[k].toFixed(decimals);
    line += text;
  }
  yield line;
}
