import { atomicNumberOf, isAtomicNumber } from '../chemistry/elements.ts';
import { NatriumError } from '../errors.ts';
import { checkFeatureSetDefinition, type FeatureSetDefinition } from './features/feature-set.ts';
import { isFiniteNumber, isListOf, isPositiveNumber, isRecord, isText } from './json-values.ts';
import { checkSchNetHyperparameters, SCHNET_RANGES, type SchNetHyperparameters } from './schnet/hyperparameters.ts';
import type { TargetTransform } from './target-transform.ts';

/** What a model file says beside its tensors, as JSON in the metadata of the safetensors file. */
export interface ModelParameters {
  /** Atomic numbers seen in training, ascending. */
  readonly elements: readonly number[];
  readonly transform: TargetTransform;
  readonly features?: FeatureSetDefinition;
  readonly featureNames?: readonly string[];
  readonly hyperparameters?: SchNetHyperparameters;
}

/** The largest feature set has a tenth of it; JSON of nothing but brackets takes thirty times its length in memory. */
const LONGEST_TEXT = 1024 * 1024;

/**
 * The parameters of a model file from their text. Nothing is trusted: what they would have a prediction allocate or loop over is
 * within the ranges that trainings are held to. Throws `CORRUPT_ARTIFACT` naming the part that is wrong.
 */
export function readModelParameters(text: string | undefined): ModelParameters {
  if (text !== undefined && text.length > LONGEST_TEXT)
    throw corrupt(`they are longer than ${LONGEST_TEXT} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch (error) {
    throw corrupt('they are not JSON', error);
  }
  if (!isRecord(value)) throw corrupt('they are no JSON object');
  const { elements, transform, features, featureNames, hyperparameters } = value;
  if (!isListOf(elements, isElement) || elements.some((z, i) => i > 0 && z <= elements[i - 1])) {
    throw corrupt('elements must be ascending atomic numbers');
  }
  if (!isTransform(transform)) throw corrupt('transform is none that there is');
  if (features !== undefined) checkFeatures(features);
  if (featureNames !== undefined && !isListOf(featureNames, isText)) throw corrupt('featureNames must be texts');
  if (hyperparameters !== undefined) checkHyperparameters(hyperparameters);
  return value as unknown as ModelParameters;
}

function isElement(value: unknown): value is number {
  return typeof value === 'number' && isAtomicNumber(value);
}

function isTransform(value: unknown): value is TargetTransform {
  if (!isRecord(value)) return false;
  if (value.kind === 'NONE') return true;
  if (value.kind === 'STANDARDIZE') return isFiniteNumber(value.mean) && isPositiveNumber(value.standardDeviation);
  const { kind, shape, location, scale } = value;
  return (
    kind === 'GENERALIZED_LOGISTIC' && isPositiveNumber(shape) && isFiniteNumber(location) && isPositiveNumber(scale)
  );
}

function checkFeatures(value: unknown): void {
  const fail = (reason: string, cause?: unknown) => corrupt(`features are no feature set: ${reason}`, cause);
  if (!isRecord(value)) throw fail('no JSON object');
  const { runningCoordinationNumbers: numbers, grossOrbitalPopulations: populations } = value;
  const areNumbers =
    numbers === null ||
    (isRecord(numbers) &&
      isListOf(numbers.radiiAngstrom, isFiniteNumber) &&
      isFiniteNumber(numbers.smearingAngstrom) &&
      (numbers.neighborElements === undefined || isListOf(numbers.neighborElements, isSymbol)));
  if (!areNumbers) throw fail('runningCoordinationNumbers need radii, a smearing and elements that there are');
  if (!(populations === null || (isRecord(populations) && isListOf(populations.labels, isText)))) {
    throw fail('grossOrbitalPopulations need labels');
  }
  attempt(() => checkFeatureSetDefinition(value as unknown as FeatureSetDefinition), fail);
}

function isSymbol(value: unknown): value is string {
  return isText(value) && atomicNumberOf(value) !== undefined;
}

function checkHyperparameters(value: unknown): void {
  const fail = (reason: string, cause?: unknown) => corrupt(`hyperparameters are none of SchNet: ${reason}`, cause);
  if (!isRecord(value) || !Object.keys(SCHNET_RANGES).every((field) => isFiniteNumber(value[field]))) {
    throw fail(`${Object.keys(SCHNET_RANGES).join(', ')} must be numbers`);
  }
  attempt(() => checkSchNetHyperparameters(value as unknown as SchNetHyperparameters), fail);
}

/** What is a mistake in a request is damage in a file. */
function attempt(check: () => void, fail: (reason: string, cause: unknown) => NatriumError): void {
  try {
    check();
  } catch (error) {
    if (error instanceof NatriumError) throw fail(error.message, error);
    throw error;
  }
}

function corrupt(reason: string, cause?: unknown): NatriumError {
  return new NatriumError(
    'CORRUPT_ARTIFACT',
    `the parameters of the model file cannot be read: ${reason}. Store or train the model again.`,
    {},
    { cause },
  );
}
