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

/** What the paper found, claim by claim in its order (protocol, "What the paper found"). */
const CHECKS: readonly ((evidence: StudyEvidence) => Finding)[] = [
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

/** Checks each claim of the paper on other data. One at a time, so that whoever asks may do other things in between. */
export function* studyFindings(evidence: StudyEvidence): Generator<Finding> {
  for (const check of CHECKS) yield check(evidence);
}
