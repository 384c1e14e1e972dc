import { describe, expect, test } from 'vitest';
import { NatriumError } from '../../src/errors.ts';
import { axisOver } from '../../src/report/axes.ts';
import { drawPanel, type Panel } from '../../src/report/chart.ts';
import type { Question } from '../../src/report/figure.ts';
import { distinctPoints, type Point } from '../../src/report/points.ts';
import { type Ask, studyReport } from '../../src/report/report.ts';
import { inventedAnswers } from '../support/study-answers.ts';

const SMALL = { clustersPerSize: 15, sizes: [6, 7, 8, 9, 10] };

function reportOf(ask: Ask): Promise<string> {
  return studyReport(ask, 'U3R1ZHk6MQ==', '0.1.0');
}

/** The HTML of one figure. */
function figureOf(html: string, number: number): string {
  return new RegExp(`<figure id="figure-${number}".*?</figure>`, 's').exec(html)![0];
}

/** Every start tag with its attributes, of HTML whose attributes are all quoted. */
function tagsOf(html: string): { name: string; attributes: Map<string, string> }[] {
  const body = html.replace(/<style>.*?<\/style>/s, '');
  return [...body.matchAll(/<([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*\/?>/g)].map(([, name, rest]) => ({
    name,
    attributes: new Map([...rest.matchAll(/([\w:-]+)(?:="([^"]*)")?/g)].map(([, key, value]) => [key, value ?? ''])),
  }));
}

describe('the report of a study', () => {
  test('has the seven figures, the table and the findings', async () => {
    const html = await reportOf(inventedAnswers(SMALL).ask);
    const panels = [1, 2, 3, 4, 5, 6, 7].map((number) => figureOf(html, number).match(/<svg /g)!.length);
    expect(panels).toEqual([5, 6, 8, 1, 8, 1, 1]);
    expect(
      html.match(/<svg [^>]*role="img" aria-label="[^"]{20,}"|<svg role="img" aria-label="[^"]{20,}"/g),
    ).toHaveLength(30);
    expect(html).toContain('<th scope="colgroup">paper (other data)</th>');
    expect(html.match(/<tr><th scope="row">/g)).toHaveLength(12);
    expect(html).toContain('✓ holds: 1, ✗ does not hold: 1, – cannot be tested: 1');
    expect(html).toContain('no atom of the test split is below 500 ppm');
    expect(html).toContain('mean: −591.24 ppm');
    expect(figureOf(html, 1)).toContain('not fitted: there are too few');
    for (const number of [1, 2, 3, 4, 5, 6]) {
      expect(figureOf(html, number)).toMatch(
        /invented\/1 \(invented 1, formula\/none\), (all splits|test split), \d+ atoms/,
      );
    }
    expect(figureOf(html, 7)).toMatch(
      /of the test split: an atom a curve, 40 atoms\. invented\/1 \(invented 1, formula\/none\)/,
    );
  });

  test('shows beside each figure the exact query that gave it', async () => {
    const { ask } = inventedAnswers(SMALL);
    const asked: Question[] = [];
    const html = await reportOf((question) => {
      asked.push(question);
      return ask(question);
    });
    expect(asked).toHaveLength(8);
    const shown = [...html.matchAll(/<pre class="query">(.*?)<\/pre>.*?<pre class="variables">(.*?)<\/pre>/gs)].map(
      ([, query, variables]) => ({
        query: unescaped(query),
        variables: JSON.parse(unescaped(variables)),
      }),
    );
    // the study is asked first and shown last
    expect(shown).toEqual([...asked.slice(1), asked[0]]);
    expect(asked[3].variables.versions).toEqual([0, 1, 2, 3].map((i) => `invented-1-part-${i}/1`));
  });

  test('runs nothing, asks for nothing and holds no text of its data as HTML', async () => {
    const html = await reportOf(inventedAnswers(SMALL).ask);
    const tags = tagsOf(html);
    expect(tags.length).toBeGreaterThan(1000);
    const ids = tags.flatMap(({ attributes }) => attributes.get('id') ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const names = new Set(tags.map(({ name }) => name.toLowerCase()));
    for (const name of [
      'script',
      'link',
      'img',
      'image',
      'iframe',
      'object',
      'embed',
      'use',
      'foreignobject',
      'form',
      'base',
    ]) {
      expect(names, name).not.toContain(name);
    }
    for (const { name, attributes } of tags) {
      for (const [key, value] of attributes) {
        expect(key, name).not.toMatch(/^on|^src|^srcset$|^data$|^action$|^poster$/);
        if (/(^|:)href$/.test(key)) expect(value).toMatch(/^#[a-z]+$/);
        expect(value).not.toMatch(/javascript:|url\((?!#)/i);
      }
    }
    const style = /<style>(.*?)<\/style>/s.exec(html)![1];
    expect(style).not.toMatch(/url\(|@import|@font-face|<\//);
    expect(html).toMatch(
      /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; /,
    );
    expect(html).not.toContain('<script');
    expect(html).toContain('No &quot;DFT&quot;: &lt;script&gt;alert(1)&lt;/script&gt;');
    expect(html).toContain('Invented &lt;shieldings&gt; &amp; more');
    expect(figureOf(html, 7)).toContain('na&lt;40&gt;&#39;, Na40');
  });

  test('says what cannot be drawn, and why', async () => {
    const { ask } = inventedAnswers({ ...SMALL, populations: false });
    const html = await reportOf((question) => {
      if (question.query.includes('populationLabels')) {
        throw new NatriumError('FEATURES_UNAVAILABLE', 'calculation a<b lacks gross orbital populations');
      }
      return ask(question);
    });
    expect(figureOf(html, 2)).toContain(
      'cannot be drawn for this data: calculation a&lt;b lacks gross orbital populations.',
    );
    expect(figureOf(html, 2)).toContain('The query behind figure 2');
    expect(figureOf(html, 3).match(/<svg /g)).toHaveLength(4);
    expect(figureOf(html, 3)).toContain('Not shown: Lasso on populations, direct (no calculation of the data has');
    expect(html).toContain('4 of the 10 trainings were left out: no calculation of the data has');
    expect(
      html.match(/<td class="note" colspan="8">no calculation of the data has gross orbital populations<\/td>/g),
    ).toHaveLength(4);
  });

  test('of a study that has not ended shows what there is', async () => {
    const { ask, study } = inventedAnswers(SMALL);
    const parts = study.parts.map((part) => ({
      ...part,
      modelVersion: null,
      trainingRun: { state: 'RUNNING', failure: null },
    }));
    const html = await reportOf((question) =>
      question.query.startsWith('query Study(')
        ? Promise.resolve({ study: { ...study, state: 'RUNNING', progress: { step: 1234, steps: 8000 }, parts } })
        : ask(question),
    );
    expect(html).toContain('This study is not complete: it is running, with 1,234 of 8,000 steps done');
    expect(figureOf(html, 5)).toContain('SchNet by distribution loss, direct (its training is running)');
    expect(figureOf(html, 1).match(/<svg /g)).toHaveLength(5);
    expect(html).not.toContain('mean of the training shieldings for every atom');
  });

  test('says of shieldings that a formula invented that they are none of DFT', async () => {
    const { ask, study } = inventedAnswers(SMALL);
    const reportBy = (program: string) => {
      const levelsOfTheory = [{ program, version: '1', method: 'formula', basis: 'none' }];
      const asked = { ...study, datasetVersion: { ...study.datasetVersion, levelsOfTheory } };
      return reportOf((question) =>
        question.query.startsWith('query Study(') ? Promise.resolve({ study: asked }) : ask(question),
      );
    };
    const notice = 'These shieldings are not of DFT: a formula invented them';
    expect(await reportBy('synthetic')).toContain(notice);
    expect(await reportBy('PySCF')).not.toContain(notice);
  });

  test.each([
    ['the study is not there', new NatriumError('NOT_FOUND', 'there is no study'), /^query Study\(/],
    ['the database is away', new NatriumError('UNAVAILABLE', 'away'), /^query Neighbours/],
    ['something is wrong with us', new TypeError('defect'), /^query Quantiles/],
  ])('is not made when %s', async (_, error, query) => {
    const { ask } = inventedAnswers(SMALL);
    const failing: Ask = (question) => (query.test(question.query) ? Promise.reject(error) : ask(question));
    await expect(reportOf(failing)).rejects.toBe(error);
  });

  test('of 47,600 atoms stays small', async () => {
    const html = await reportOf(
      inventedAnswers({ clustersPerSize: 200, sizes: [14, 16, 18, 20, 22, 24, 26, 28, 30, 40] }).ask,
    );
    expect(html).toContain('47,600 atoms');
    expect(html.length).toBeLessThan(8e6);
    for (const svg of html.match(/<svg .*?<\/svg>/gs)!) expect(svg.length).toBeLessThan(1e6);
  });

  test('is the same however often it is made', async () => {
    const [first, second] = [await reportOf(inventedAnswers(SMALL).ask), await reportOf(inventedAnswers(SMALL).ask)];
    expect(second === first).toBe(true);
  });
});

function unescaped(text: string): string {
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };
  return text.replace(/&(lt|gt|quot|#39|amp);/g, (_, name) => entities[name]);
}

describe('an axis', () => {
  test.each([
    [[0, 29], { min: 0, max: 30, interval: 10 }],
    [[471.3, 648.2], { min: 450, max: 650, interval: 50 }],
    [[-0.043, 0.121], { min: -0.05, max: 0.15, interval: 0.05 }],
    [[0.3, 0.3], { min: 0.3, max: 0.4, interval: 0.1 }],
    [[-1e6, 5], { min: -1e6, max: 250_000, interval: 250_000 }],
    [[], { min: 0, max: 1, interval: 1 }],
  ])('over %j has round ticks', (values, expected) => {
    const axis = axisOver(values);
    for (const value of values) expect(axis.min <= value && value <= axis.max).toBe(true);
    expect(axis).toEqual({ ...expected, interval: expect.closeTo(expected.interval, 9) });
  });
});

test.each([
  [[0, 2], { min: 0, max: 2, interval: 1 }],
  [[0, 0], { min: 0, max: 1, interval: 1 }],
  [[0, 7], { min: 0, max: 8, interval: 2 }],
  [[619.99985, 620], { min: 619, max: 620, interval: 1 }],
])('an axis over %j may have no ticks between whole numbers', (values, expected) => {
  expect(axisOver(values, 4, 1)).toEqual(expected);
});

describe('the points of a panel', () => {
  const unit = { min: 0, max: 1, interval: 1 };

  test('are told apart by half a pixel, without those outside', () => {
    const points: Point[] = [
      [0.1, 0.1],
      [0.1001, 0.1001],
      [0.2, 0.1],
      [1.5, 0.5],
      [Number.NaN, 0.5],
    ];
    const parts = distinctPoints(points, unit, unit, 100, 100);
    expect(parts.flat()).toHaveLength(2);
    for (const [x, y] of parts.flat())
      expect(Math.abs(y - 0.1) + Math.min(Math.abs(x - 0.1), Math.abs(x - 0.2))).toBeLessThan(0.006);
  });

  test('lie in three parts by their density', () => {
    const crowd = Array.from(
      { length: 500 },
      (_, k): Point => [0.5 + 0.0005 * (k % 20), 0.5 + 0.0005 * Math.floor(k / 20)],
    );
    const [sparse, , densest] = distinctPoints([...crowd, [0.1, 0.9]], unit, unit, 100, 100);
    expect(sparse).toEqual([[expect.closeTo(0.1, 2), expect.closeTo(0.9, 2)]]);
    expect(densest.length).toBeGreaterThan(1);
  });
});

test('a panel draws its layers from the back to the front, in colours of the page', () => {
  const axis = { min: 0, max: 4, interval: 1, name: 'x & y' };
  const panel: Panel = {
    ...{ x: axis, y: axis, description: 'A <panel>' },
    layers: [
      { kind: 'histogram', edges: [0, 1, 2], counts: [3, 1], colour: 'var(--a)', filled: true },
      {
        kind: 'line',
        points: [
          [0, 0],
          [4, 4],
        ],
        ...{ colour: 'var(--b)', width: 2 },
      },
      { kind: 'points', points: [[1, 2]] },
    ],
  };
  const svg = drawPanel(panel, 'first');
  const order = ['var(--a)', 'var(--b)', 'var(--predicted)'].map((colour) => svg.indexOf(`"${colour}"`));
  expect(order.every((at, i) => at > 0 && (i === 0 || at > order[i - 1]))).toBe(true);
  expect(svg).toMatch(/^<svg role="img" aria-label="A &lt;panel&gt;" /);
  expect(svg).toContain('>x &amp; y<');
  expect(svg).not.toMatch(/<style|class=|ecmeta|#[0-9a-f]{6}/);
});
