import { escapeHtml } from './escape.ts';
import {
  evaluationOf,
  type Finding,
  levelsOfTheory,
  type SplitName,
  type Study,
  type StudyPart,
  titleOf,
  whyMissing,
} from './study-query.ts';

/** A number as people read it; what there is not is a dash. */
function cell(value: number | null | undefined, digits = 2): string {
  return `<td>${value == null ? '–' : shown(value, digits)}</td>`;
}

function shown(value: number, digits: number): string {
  return value
    .toFixed(digits)
    .replace(/^-(?=.*[1-9])/, '−')
    .replace(/^-/, '');
}

/** The models side by side, with what the paper reports of its own data. */
export function tableSection(study: Study): string {
  const rows = study.parts.map((part) => partRow(study, part));
  return `<section id="table" aria-labelledby="table-title">
<h2 id="table-title">Table</h2>
<div class="scroll"><table>
<caption>Errors on ${escapeHtml(study.datasetVersion.reference)} (${escapeHtml(levelsOfTheory(study))}), predicted minus calculated, in ppm. Mode: where a kernel
density estimate of the shieldings is highest. The last column is the paper’s, of other data: 200 clusters Na40 by Gaussian 16 at
UB3LYP/6-31G(d). Of SchNet by mean squared error it gives one value and does not say for which target.</caption>
<thead>
<tr><th></th><th colspan="3" scope="colgroup">validation</th><th colspan="5" scope="colgroup">test</th><th scope="colgroup">paper (other data)</th></tr>
<tr><th scope="col">model</th><th scope="col">RMSE</th><th scope="col">MAE</th><th scope="col">bias</th><th scope="col">RMSE</th><th scope="col">MAE</th><th scope="col">bias</th><th scope="col">mode</th><th scope="col">skewness</th><th scope="col">test RMSE</th></tr>
</thead>
<tbody>
${rows.join('\n')}
</tbody>
${baselines(study)}
</table></div>
</section>
`;
}

function partRow(study: Study, part: StudyPart): string {
  const name = `<th scope="row">${escapeHtml(titleOf(part))}</th>`;
  const paper = cell(part.paperRmsePpm, 1);
  const [validation, test] = (['VALIDATION', 'TEST'] as const).map((split) => evaluationOf(study, part, split));
  if (validation === undefined || test === undefined) {
    return `<tr>${name}<td class="note" colspan="8">${escapeHtml(whyMissing(part))}</td>${paper}</tr>`;
  }
  const errors = [validation, test].map(
    ({ metrics }) => cell(metrics.rmsePpm) + cell(metrics.maePpm) + cell(metrics.biasPpm),
  );
  const { modePpm, skewness } = test.distribution.predicted;
  return `<tr>${name}${errors.join('')}${cell(modePpm, 1)}${cell(skewness)}${paper}</tr>`;
}

/** What a model has to beat, and what it is held against. */
function baselines(study: Study): string {
  const evaluated = study.parts.find(
    (part) => evaluationOf(study, part, 'TEST') && evaluationOf(study, part, 'VALIDATION'),
  );
  if (evaluated === undefined) return '';
  const mean = evaluated.modelVersion!.outcome.trainingMeanPpm;
  const of = (split: SplitName) => evaluationOf(study, evaluated, split)!;
  const errors = (['VALIDATION', 'TEST'] as const).map((split) => {
    const { metrics, distribution } = of(split);
    return (
      cell(metrics.trainingMeanRmsePpm) +
      cell(metrics.trainingMeanMaePpm) +
      cell(mean - distribution.calculated.meanPpm)
    );
  });
  const { modePpm, skewness } = of('TEST').distribution.calculated;
  return `<tbody class="baseline">
<tr><th scope="row">mean of the training shieldings for every atom</th>${errors.join('')}${cell(mean, 1)}${cell(null)}${cell(null)}</tr>
<tr><th scope="row">calculated</th>${cell(null).repeat(6)}${cell(modePpm, 1)}${cell(skewness)}${cell(null)}</tr>
</tbody>`;
}

const VERDICTS: Readonly<Record<Finding['verdict'], readonly [mark: string, text: string]>> = {
  HOLDS: ['✓', 'holds'],
  DOES_NOT_HOLD: ['✗', 'does not hold'],
  CANNOT_BE_TESTED: ['–', 'cannot be tested'],
};

/** What the paper found, each with a verdict on this data and the numbers behind it. */
export function findingsSection({ findings }: Study): string {
  const counts = Object.entries(VERDICTS).map(
    ([verdict, [mark, text]]) => `${mark} ${text}: ${findings.filter((each) => each.verdict === verdict).length}`,
  );
  return `<section id="findings" aria-labelledby="findings-title">
<h2 id="findings-title">Findings of the paper on this data</h2>
<p class="quiet">${findings.length} claims. ${counts.join(', ')}. Each is decided by the criterion that stands below it, from the stored evaluations and
the data set version.</p>
<ul class="findings">
${findings.map(findingItem).join('\n')}
</ul>
</section>
`;
}

function findingItem({ claim, verdict, criterion, reason, numbers }: Finding): string {
  const [mark, text] = VERDICTS[verdict];
  const why = reason === null ? '' : `: ${escapeHtml(reason)}`;
  const items = numbers.map(({ name, value, unit }) => `<li>${escapeHtml(name)}: ${shownWith(value, unit)}</li>`);
  return `<li>
<h3>${escapeHtml(claim)}</h3>
<p class="verdict ${verdict}">${mark} ${text}${why}</p>
<p class="quiet">${escapeHtml(criterion)}</p>
${items.length === 0 ? '' : `<ul class="numbers">${items.join('')}</ul>`}
</li>`;
}

function shownWith(value: number, unit: string | null): string {
  if (unit === 'atoms') return value.toLocaleString('en-US');
  return unit === null ? shown(value, 3) : `${shown(value, 2)} ${escapeHtml(unit)}`;
}
