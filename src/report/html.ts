import { drawPanel } from './chart.ts';
import { escapeHtml } from './escape.ts';
import type { Block, Drawing, Figure, LegendEntry, Question } from './figure.ts';
import { findingsSection, tableSection } from './results.ts';
import { REPORT_SECURITY_POLICY } from './security-policy.ts';
import { grouped, levelsOfTheory, STUDY_QUERY, type Study } from './study-query.ts';
import { STYLE_SHEET } from './style.ts';

/** What became of a figure: drawn from the answer to its question, or why it was not. */
export interface DrawnFigure {
  readonly figure: Figure;
  readonly question: Question | null;
  readonly result: Drawing | { readonly missing: string };
}

/** The parts of a report, one after the other: drawing takes a while, and whoever asks may do other things in between. */
export function* reportHtml(study: Study, figures: readonly DrawnFigure[], version: string): Generator<string> {
  yield head(study);
  yield `<main>\n<section id="figures" aria-labelledby="figures-title">\n<h2 id="figures-title">Figures</h2>\n`;
  for (const drawn of figures) yield* figureHtml(drawn);
  yield '</section>\n';
  yield tableSection(study);
  yield findingsSection(study);
  yield queryDetails('The query behind the table and the findings', {
    query: STUDY_QUERY,
    variables: { study: study.id },
  });
  yield `</main>\n<footer>${footer(study, version)}</footer>\n</body>\n</html>\n`;
}

function head(study: Study): string {
  const { reference, dataset } = study.datasetVersion;
  const title = `Study of ${reference}`;
  // a meta element may not say who frames the page
  const policy = REPORT_SECURITY_POLICY.replace(/; frame-ancestors 'none'$/, '');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${STYLE_SHEET}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p class="lead">${escapeHtml(dataset.title)}</p>
<p>The study of Kaneko, Suzaki, Muraoka, Gotoh and Yamashita, <cite>Neural network to predict 23Na NMR spectra of Na_n clusters</cite>
(J. Mater. Inf. 2023, 3, 8, doi 10.20517/jmi.2022.39), done with other data: its figures, its table, and what it found.</p>
<nav aria-label="Contents"><ul>
<li><a href="#figures">Figures</a></li>
<li><a href="#table">Table</a></li>
<li><a href="#findings">Findings</a></li>
</ul></nav>
${facts(study)}
${notice(study)}</header>
`;
}

function nuclei({ datasetVersion: { elements } }: Study): string {
  if (elements.length === 1) return elements[0];
  return `${elements.join(', ')}: figures, table and findings take the shieldings of all of them together`;
}

function facts(study: Study): string {
  const { reference, sha256, dataset, splitCounts } = study.datasetVersion;
  const { epochs, seeds, alphas } = study.settings;
  const counts = splitCounts.map(
    ({ split, clusters, atoms }) => `${split.toLowerCase()} ${grouped(clusters)} (${grouped(atoms)} atoms)`,
  );
  const rows: [string, string | null][] = [
    ['Data set', `${reference}, sha256 ${sha256}`],
    ['Description', dataset.description],
    ['Licence', dataset.licence],
    ['Citation', [dataset.citation, dataset.doi && `doi ${dataset.doi}`].filter(Boolean).join(', ') || null],
    ['Level of theory', levelsOfTheory(study)],
    ['Clusters', counts.join(', ')],
    ['Nuclei', nuclei(study)],
    [
      'SchNet',
      `${grouped(epochs)} epochs, ${seeds.length === 1 ? '1 seed' : `${seeds.length} seeds`}; the paper’s network`,
    ],
    [
      'Lasso',
      `${alphas.length === 1 ? '1 alpha' : `${alphas.length} alphas`}, ${Math.min(...alphas)} to ${Math.max(...alphas)}`,
    ],
    [
      'Requested',
      `${new Date(study.createdAt).toISOString().slice(0, 16).replace('T', ' ')} UTC by ${study.createdBy}`,
    ],
  ];
  const items = rows.flatMap(([name, text]) => (text === null ? [] : [`<dt>${name}</dt><dd>${escapeHtml(text)}</dd>`]));
  return `<dl>\n${items.join('\n')}\n</dl>`;
}

/** Program of the level of theory of shieldings that `natrium generate` invents. */
const SYNTHETIC_PROGRAM = 'synthetic';

const STATES: Readonly<Record<string, string>> = {
  QUEUED: 'it has not begun',
  RUNNING: 'it is running',
  FAILED: 'some of its trainings have failed',
  CANCELLED: 'it was cancelled',
};

function notice({ state, progress, parts, datasetVersion }: Study): string {
  const isInvented = datasetVersion.levelsOfTheory.some(({ program }) => program === SYNTHETIC_PROGRAM);
  const leftOut = parts.filter((part) => part.leftOut !== null);
  const sentences = [
    ...(state === 'SUCCEEDED'
      ? []
      : [
          `This study is not complete: ${STATES[state]}, with ${grouped(progress.step)} of ${grouped(progress.steps)} steps done. ` +
            'The report shows what there is.',
        ]),
    ...(isInvented
      ? ['These shieldings are not of DFT: a formula invented them, to try models on. They say nothing of sodium.']
      : []),
    ...(leftOut.length === 0
      ? []
      : [`${leftOut.length} of the ${parts.length} trainings were left out: ${leftOut[0].leftOut}.`]),
  ];
  return sentences.map((sentence) => `<p class="notice">${escapeHtml(sentence)}</p>\n`).join('');
}

function* figureHtml({ figure, question, result }: DrawnFigure): Generator<string> {
  const id = `figure-${figure.number}`;
  yield `<figure id="${id}" aria-labelledby="${id}-title">\n<h3 id="${id}-title">Figure ${figure.number}. ${escapeHtml(figure.title)}</h3>\n`;
  if ('missing' in result) {
    yield `<p class="notice">This figure cannot be drawn for this data: ${escapeHtml(result.missing)}.</p>\n`;
  } else {
    yield `<div class="panels ${result.layout}">\n`;
    for (const [i, block] of result.blocks.entries()) yield* blockHtml(block, `${id}-${i}`);
    yield '</div>\n';
    const legend = result.legend.map(legendHtml).join(' ');
    yield `<figcaption>${legend}${legend === '' ? '' : '<br>'}${escapeHtml(result.caption)}</figcaption>\n`;
  }
  if (question !== null) yield queryDetails(`The query behind figure ${figure.number}`, question);
  yield '</figure>\n';
}

function* blockHtml({ title, note, panels }: Block, name: string): Generator<string> {
  const heading = title === null ? '' : `<h4>${escapeHtml(title)}</h4>`;
  const remark = note === null ? '' : `<p>${escapeHtml(note)}</p>`;
  // three rows each, so that those beside each other are aligned
  yield `<div class="panel">\n<div>${heading}</div>\n<div>${remark}</div>\n<div>\n`;
  for (const [i, panel] of panels.entries()) yield `${drawPanel(panel, `${name}-${i}`)}\n`;
  yield '</div>\n</div>\n';
}

function legendHtml({ colour, isLine, text }: LegendEntry): string {
  return `<span class="key ${isLine ? 'line ' : ''}${colour}">${escapeHtml(text)}</span>`;
}

/** A request as the playground takes it: the query and its variables go into editors of their own. */
function queryDetails(summary: string, { query, variables }: Question): string {
  return (
    `<details><summary>${escapeHtml(summary)}</summary>\n<pre class="query">${escapeHtml(query)}</pre>\n` +
    `<p>with the variables</p>\n<pre class="variables">${escapeHtml(JSON.stringify(variables, null, 2))}</pre></details>\n`
  );
}

function footer({ id, datasetVersion }: Study, version: string): string {
  return (
    `Natrium ${escapeHtml(version)}, study ${escapeHtml(id)} of ${escapeHtml(datasetVersion.reference)}. ` +
    'Every number comes from the API by the queries shown; the charts are drawn by Apache ECharts.'
  );
}
