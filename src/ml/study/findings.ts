import {
  followsGeneralizedLogistic,
  fourthShellDoesNotCorrelate,
  isSkewedToTheLeft,
  tailHasNeighbours,
  thirdShellCorrelates,
} from './data-findings.ts';
import type { Finding, StudyEvidence } from './finding.ts';
import {
  coordinationNumbersAreWorst,
  distributionLossGivesTheTail,
  mseGivesNoTail,
  mseHitsTheMean,
  mseMissesTheMode,
  schNetIsLikePopulations,
  transformLeavesSchNetsPeak,
  transformMovesLassosPeak,
  transformWorsensLasso,
} from './model-findings.ts';

/** Those that take long say themselves where others may come in between. */
type Check = (evidence: StudyEvidence) => Finding | Generator<void, Finding>;

/** What the paper found, claim by claim in its order (protocol, "What the paper found"). */
const CHECKS: readonly Check[] = [
  followsGeneralizedLogistic,
  isSkewedToTheLeft,
  thirdShellCorrelates,
  fourthShellDoesNotCorrelate,
  tailHasNeighbours,
  mseHitsTheMean,
  mseMissesTheMode,
  mseGivesNoTail,
  distributionLossGivesTheTail,
  transformMovesLassosPeak,
  transformLeavesSchNetsPeak,
  transformWorsensLasso,
  coordinationNumbersAreWorst,
  schNetIsLikePopulations,
];

/** Checks each claim of the paper on other data. In steps, so that whoever asks may do other things in between. */
export function* studyFindings(evidence: StudyEvidence): Generator<void, Finding[]> {
  const findings: Finding[] = [];
  for (const check of CHECKS) {
    const found = check(evidence);
    findings.push('claim' in found ? found : yield* found);
    yield;
  }
  return findings;
}
