import type { MetricComparison } from '../../ml/comparison/comparison.ts';
import type { Difference, Estimate } from '../../ml/comparison/intervals.ts';
import { type ComparedMetric, isLowerBetter } from '../../ml/comparison/metrics.ts';
import type { Leakage } from './leakage.ts';

/** Versions behind the best one of which each is told by itself. */
const MOST_TOLD = 3;
/** Percentile intervals over fewer clusters are known to be too narrow. */
const FEW_CLUSTERS = 20;

const MOST_DECIMALS = 6;

const NAMES: Readonly<Record<ComparedMetric, string>> = {
  RMSE: 'RMSE',
  MAE: 'MAE',
  BIAS: 'bias',
  R2: 'R2',
  PEARSON: "Pearson's correlation",
  SPEARMAN: "Spearman's correlation",
  KOLMOGOROV_SMIRNOV: 'Kolmogorov-Smirnov distance',
  WASSERSTEIN1: 'Wasserstein-1 distance',
};
const IN_PPM: readonly ComparedMetric[] = ['RMSE', 'MAE', 'BIAS', 'WASSERSTEIN1'];

/** What is compared. */
export interface ComparedNames {
  /** One a version, such as `cn/2`. */
  readonly names: readonly string[];
  readonly clusters: number;
  readonly confidence: number;
}

/** Whether the best version differs from every other one that has the metric; false where there is no other one. */
export function bestIsMoreThanNoise({ best, versions }: MetricComparison): boolean {
  const others = versions.filter((each, v) => v !== best && each.value !== null);
  return others.length > 0 && others.every(({ differenceToBest }) => differenceToBest?.moreThanNoise === true);
}

/** In plain sentences, which version is the best by a metric, and whether the others are worse by more than noise. */
export function verdictOf(found: MetricComparison, { names, clusters, confidence }: ComparedNames): string {
  const { metric, best, versions } = found;
  if (best === null) return `${capital(NAMES[metric])} is undefined, since shieldings are all equal.`;
  const value = `${quantity(metric, versions[best])}${range(metric, versions[best], `${percent(confidence)} interval `)}`;
  const undefinedFor = names.filter((_, v) => versions[v].value === null);
  return [
    names.length === 1
      ? `${names[0]}: ${NAMES[metric]} ${value}. There is no other version to compare it with.`
      : `${[`${names[best]} has the ${superlative(metric)}, ${value}`, ...others(found, best, names)].join('; ')}.`,
    ...(undefinedFor.length > 0
      ? [`It is undefined for ${listed(undefinedFor)}, whose predictions are all equal.`]
      : []),
    ...onClusters(clusters),
  ].join(' ');
}

function onClusters(clusters: number): string[] {
  if (clusters < 2) return ['One cluster alone tells nothing about noise.'];
  return clusters < FEW_CLUSTERS ? [`Intervals over ${clusters} clusters are rough, and as a rule too narrow.`] : [];
}

/** How the other versions stand to the best one: the nearest of them, and how many more there are. */
function others({ metric, versions }: MetricComparison, best: number, names: readonly string[]): string[] {
  const behind = versions
    .map((each, v) => ({ ...each, name: names[v], v }))
    .filter(({ v, value }) => v !== best && value !== null)
    .sort((a, b) => Math.abs(a.differenceToBest!.value!) - Math.abs(b.differenceToBest!.value!));
  const told = behind.slice(0, MOST_TOLD).map((each) => standing(metric, each.name, each.differenceToBest!));
  const rest = behind.slice(MOST_TOLD);
  if (rest.length === 0) return told;
  const clearly = rest.filter(({ differenceToBest }) => differenceToBest!.moreThanNoise).length;
  const count = clearly === 0 ? 'none is' : clearly === 1 ? '1 is' : `${clearly} are`;
  return [...told, `of ${rest.length} more, ${count} ${worse(metric)} by more than noise`];
}

/** What has to be known of a comparison beside its metrics: the same version twice, and clusters that are not new. */
export function remarks(
  { names, clusters }: ComparedNames,
  /** As asked for: the number of each version among the different ones, and what it was called. */
  asked: readonly { readonly version: number; readonly called: string }[],
  leakage: readonly Leakage[],
): string[] {
  const repeated = names.flatMap((name, v) => {
    const calls = asked.filter((each) => each.version === v).map((each) => each.called);
    if (calls.length < 2) return [];
    const others = [...new Set(calls)];
    if (others.length === 1)
      return [`${name} is listed ${calls.length} times: it is the same version, and differs by nothing.`];
    return [`${listed(others)} are the same version, ${name}, and differ by nothing.`];
  });
  const notNew = leakage.flatMap(({ count, validationCount }, v) => {
    if (count + validationCount === 0) return [];
    const ways = [
      count > 0 ? `trained on ${count}` : '',
      validationCount > 0 ? `validated on ${validationCount}` : '',
    ].filter((way) => way !== '');
    return [`${names[v]} was ${ways.join(' and ')}`];
  });
  return [
    ...repeated,
    ...(notNew.length > 0
      ? [
          `Leakage: of the ${clusters} cluster${clusters === 1 ? '' : 's'} ${notNew.join('; ')}. Errors on these may be lower than on others.`,
        ]
      : []),
  ];
}

function standing(metric: ComparedMetric, name: string, difference: Difference): string {
  const { value, low, high, moreThanNoise } = difference;
  if (value === 0 && (low === null || (low === 0 && high === 0))) return `${name} has the same`;
  // as it is told, a difference is how much worse the other one is
  const turned = isLowerBetter(metric)
    ? difference
    : { ...difference, value: -value!, low: high === null ? null : -high, high: low === null ? null : -low };
  const noise = low === null ? '' : moreThanNoise ? ', more than noise' : ', within noise';
  return `${name} is ${quantity(metric, turned)}${range(metric, turned, '')} ${worse(metric)}${noise}`;
}

function superlative(metric: ComparedMetric): string {
  if (metric === 'BIAS') return 'bias nearest to 0';
  return `${isLowerBetter(metric) ? 'lowest' : 'highest'} ${NAMES[metric]}`;
}

function worse(metric: ComparedMetric): string {
  if (metric === 'BIAS') return 'farther from 0';
  return isLowerBetter(metric) ? 'higher' : 'lower';
}

function quantity(metric: ComparedMetric, estimate: Estimate): string {
  return `${rounded(estimate.value!, estimate)}${IN_PPM.includes(metric) ? ' ppm' : ''}`;
}

function range(metric: ComparedMetric, estimate: Estimate, before: string): string {
  const { low, high } = estimate;
  if (low === null || high === null) return '';
  const unit = before !== '' && IN_PPM.includes(metric) ? ' ppm' : '';
  return ` (${before}${rounded(low, estimate)} to ${rounded(high, estimate)}${unit})`;
}

/** With as many decimals as show two digits of the width of the interval; without one, three digits. */
function rounded(value: number, { low, high }: Estimate): string {
  const width = low === null || high === null ? 0 : high - low;
  const decimals = width > 0 ? 1 - Math.floor(Math.log10(width)) : 2 - Math.floor(Math.log10(Math.abs(value) || 1));
  const text = value.toFixed(Math.min(Math.max(decimals, 0), MOST_DECIMALS));
  // never minus nothing
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text;
}

function percent(confidence: number): string {
  return `${Number((100 * confidence).toFixed(3))} %`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
