import { kolmogorovSmirnovFrom, type Sorted, sorted, summarize } from '../statistics/distribution.ts';
import { cdf, fitGeneralizedLogistic } from '../statistics/generalized-logistic.ts';
import { correlation } from '../statistics/metrics.ts';
import { whyUnfittable } from '../target-transform.ts';
import {
  atomCount,
  type Finding,
  type FindingNumber,
  judged,
  pure,
  type StudyEvidence,
  TAIL_PPM,
  untestable,
} from './finding.ts';

/** Sizes with fewer atoms say too little of a distribution. */
const FEWEST_ATOMS = 20;

/** So far may an empirical distribution function be from a fitted one, however many atoms there are. */
const CLOSE = 0.05;

/** Times n^(-1/2): the distance that chance alone exceeds in one of twenty samples when the curve was fitted (Lilliefors). */
const CHANCE = 0.895;

/** Smallest absolute Pearson correlation that counts as one. */
const CORRELATED = 0.3;

/** Of the atoms of the tail. */
const NEARLY_ALL = 0.95;

interface SizeSample {
  readonly size: number;
  readonly values: Sorted;
}

function bySize({ shieldingsPpm, sizes }: StudyEvidence['atoms']): SizeSample[] {
  const samples = new Map<number, number[]>();
  for (const [i, size] of sizes.entries()) {
    const sample = samples.get(size);
    if (sample === undefined) samples.set(size, [shieldingsPpm[i]]);
    else sample.push(shieldingsPpm[i]);
  }
  return [...samples]
    .filter(([, values]) => whyUnfittable(values, FEWEST_ATOMS) === null)
    .map(([size, values]) => ({ size, values: sorted(values) }))
    .sort((a, b) => a.size - b.size);
}

const NO_SIZE = `no cluster size has ${FEWEST_ATOMS} atoms whose shieldings differ`;

/** That shieldings follow a generalised logistic distribution at every size. */
export function* followsGeneralizedLogistic({ atoms }: StudyEvidence): Generator<void, Finding> {
  const finding = {
    claim: 'The shieldings follow a generalised logistic distribution at every cluster size.',
    criterion:
      `At every size with ${FEWEST_ATOMS} atoms or more, the distribution function of the shieldings is nowhere farther from that of the ` +
      `generalised logistic distribution of greatest likelihood than ${CLOSE}, or than ${CHANCE}/√n for n atoms, which is chance.`,
  };
  const samples = bySize(atoms);
  if (samples.length === 0) return untestable(finding, NO_SIZE);
  let holds = true;
  const numbers: FindingNumber[] = [];
  for (const { size, values } of samples) {
    const fitted = fitGeneralizedLogistic(values);
    const distance = kolmogorovSmirnovFrom(values, (value) => cdf(fitted, value));
    if (distance > Math.max(CLOSE, CHANCE / Math.sqrt(values.length))) holds = false;
    numbers.push(pure(`largest distance at size ${size}`, distance), atomCount(`atoms at size ${size}`, values.length));
    yield;
  }
  return judged(finding, holds, numbers);
}

/** That the distribution of shieldings is skewed to the left at every size. */
export function isSkewedToTheLeft({ atoms }: StudyEvidence): Finding {
  const finding = {
    claim: 'The distribution of the shieldings is skewed to the left at every cluster size.',
    criterion: `The skewness of the shieldings is below 0 at every size with ${FEWEST_ATOMS} atoms or more.`,
  };
  const samples = bySize(atoms);
  if (samples.length === 0) return untestable(finding, NO_SIZE);
  const skewnesses = samples.map(({ size, values }) => ({ size, skewness: summarize(values).skewness! }));
  return judged(
    finding,
    skewnesses.every(({ skewness }) => skewness < 0),
    skewnesses.map(({ size, skewness }) => pure(`skewness at size ${size}`, skewness)),
  );
}

const CORRELATES = `A Pearson correlation over all atoms counts from ±${CORRELATED} on.`;

/** That 3S populations correlate positively and 3P populations negatively with the shielding. */
export function thirdShellCorrelates({ atoms }: StudyEvidence): Finding {
  const finding = {
    claim: 'The 3S population correlates positively and the 3P population negatively with the shielding.',
    criterion:
      `${CORRELATES} 3P is the sum of 3PX, 3PY and 3PZ, which does not depend on how a cluster is turned; the paper shows ` +
      '3PX.',
  };
  return shellFinding(finding, atoms, '3', (s, p) => s >= CORRELATED && p <= -CORRELATED);
}

/** That 4S and 4P populations do not correlate with the shielding. */
export function fourthShellDoesNotCorrelate({ atoms }: StudyEvidence): Finding {
  const finding = {
    claim: 'The 4S and the 4P populations do not correlate with the shielding.',
    criterion: `${CORRELATES} 4P is the sum of 4PX, 4PY and 4PZ.`,
  };
  return shellFinding(finding, atoms, '4', (s, p) => Math.abs(s) < CORRELATED && Math.abs(p) < CORRELATED);
}

function shellFinding(
  finding: { readonly claim: string; readonly criterion: string },
  { shieldingsPpm, populations }: StudyEvidence['atoms'],
  shell: string,
  holds: (s: number, p: number) => boolean,
): Finding {
  const labels = ['S', 'PX', 'PY', 'PZ'].map((orbital) => shell + orbital);
  const lacking = labels.filter((label) => !populations.has(label));
  if (lacking.length > 0) return untestable(finding, `not every atom has a population of ${lacking.join(', ')}`);
  const [s, x, y, z] = labels.map((label) => populations.get(label)!);
  const p = x.map((value, i) => value + y[i] + z[i]);
  const columns: [string, Float64Array][] = [
    [`${shell}S`, s],
    [`${shell}P`, p],
    [`${shell}PX`, x],
  ];
  const correlations = columns.map(([label, values]) => ({ label, r: correlation(values, shieldingsPpm) }));
  const numbers = correlations.flatMap(({ label, r }) => (r === null ? [] : [pure(`correlation of ${label}`, r)]));
  const [ofS, ofP] = correlations.map(({ r }) => r);
  if (ofS === null || ofP === null) return untestable(finding, 'a population or the shieldings never vary', numbers);
  return judged(finding, holds(ofS, ofP), numbers);
}

/** That atoms of low shielding have 4 to 9 neighbours. */
export function tailHasNeighbours({ atoms }: StudyEvidence): Finding {
  const finding = {
    claim: `Low shieldings, below ${TAIL_PPM} ppm, belong to atoms with 4 to 9 neighbours within 4.0 Å.`,
    criterion:
      `Of the atoms below ${TAIL_PPM} ppm, ${100 * NEARLY_ALL} % or more have a running coordination number at 4.0 Å that rounds to 4, 5, ` +
      '..., 9.',
  };
  const { shieldingsPpm, coordinationNumbers } = atoms;
  const tail = coordinationNumbers.filter((_, i) => shieldingsPpm[i] < TAIL_PPM);
  const counted = atomCount(`atoms below ${TAIL_PPM} ppm`, tail.length);
  if (tail.length === 0) return untestable(finding, `no atom is below ${TAIL_PPM} ppm`, [counted]);
  const share = shareWithin(tail);
  return judged(finding, share >= NEARLY_ALL, [
    counted,
    pure('share of them with 4 to 9 neighbours', share),
    pure('share of all atoms with 4 to 9 neighbours', shareWithin(coordinationNumbers)),
    pure(
      'fewest neighbours of them',
      tail.reduce((a, b) => Math.min(a, b)),
    ),
    pure(
      'most neighbours of them',
      tail.reduce((a, b) => Math.max(a, b)),
    ),
  ]);
}

function shareWithin(coordinationNumbers: Float64Array): number {
  return coordinationNumbers.filter((number) => number >= 3.5 && number < 9.5).length / coordinationNumbers.length;
}
