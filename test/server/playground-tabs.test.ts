import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlaygroundTab } from '../../src/http/playground-tabs.ts';
import { readTabs, runTabs, type TabAnswer } from '../support/playground-tabs.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

/** What the editor shows of a line in a window of 1280 pixels. */
const VISIBLE_COLUMNS = 50;

/** Milliseconds that running all tabs may take on a machine that is busy with other tests. */
const ALL_TABS_TIMEOUT = 300_000;

let server: TestServer;
let tabs: PlaygroundTab[];
let answers: Map<string, TabAnswer>;

beforeAll(async () => {
  server = await startTestServer({ environment: { NATRIUM_EXAMPLE_DATA: 'on' } });
  tabs = await readTabs(server);
  answers = await runTabs(server, tabs);
}, ALL_TABS_TIMEOUT);
afterAll(() => server?.dispose());

/** The answer of a tab's first run. */
function answer<T>(title: string): T {
  return answers.get(title) as T;
}

describe('the ready tabs of the playground', () => {
  it('are all the examples', () => {
    const files = readdirSync('examples/playground').filter((name) => name.endsWith('.graphql'));
    expect(tabs).toHaveLength(files.length);
    expect(new Set(tabs.map((tab) => tab.title)).size).toBe(files.length);
  });

  it('say what they show, in lines that the editor shows whole', () => {
    for (const { title, query } of tabs) {
      expect(query, title).toMatch(new RegExp(`^# .+\\n(# .+\\n)*(query|mutation|subscription) ${title}\\b`));
      const comments = query.split('\n').filter((line) => line.startsWith('#'));
      expect(
        comments.filter((line) => line.length > VISIBLE_COLUMNS),
        title,
      ).toEqual([]);
    }
  });

  it('answer with values in every field, each after those before', () => {
    expect([...answers.keys()]).toEqual(tabs.map((tab) => tab.title));
    for (const [title, data] of answers) {
      for (const [field, value] of Object.entries(data)) expect(holdsValue(value), `${title}: ${field}`).toBe(true);
    }
  });

  it('can all be run once more, and then keep what was kept', { timeout: ALL_TABS_TIMEOUT }, async () => {
    const again = await runTabs(server, tabs);
    const unchanged = ['Clusters', 'Atoms', 'DataSet', 'FeatureSets', 'ModelVersion', 'Evaluate', 'Compare'];
    for (const title of unchanged) expect(again.get(title), title).toEqual(answers.get(title));
    expect(again.get('ImportStructures')).toMatchObject({
      importStructures: { inserted: 0, existing: 1, rejected: 1 },
    });
    expect(again.get('Champion')).toMatchObject({
      setModelAlias: { aliases: [{ alias: 'champion' }], aliasHistory: [{}, {}] },
    });
    const { model } = await server.request<{ model: { versions: object[] } }>(
      '{ model(name: "na-lasso-cn") { versions { reference } } }',
    );
    expect(model.versions).toEqual([{ reference: 'na-lasso-cn/1' }, { reference: 'na-lasso-cn/2' }]);
  });
});

describe('what the tabs tell their reader to look at', () => {
  it('Clusters, CoordinationNumbers: the atom in the middle is the least shielded', () => {
    const { clusters } = answer<{ clusters: { nodes: { id: string; calculations: { shieldingsPpm: number[] }[] }[] } }>(
      'Clusters',
    );
    const spreads = clusters.nodes.map(({ calculations: [{ shieldingsPpm }] }) => {
      return Math.max(...shieldingsPpm) - Math.min(...shieldingsPpm);
    });
    expect(Math.max(...spreads)).toBeGreaterThan(100);

    const { clusters: described } = answer<{
      clusters: {
        nodes: {
          runningCoordinationNumbers: { radiiAngstrom: number[]; values: number[][] };
          calculations: { shieldingsPpm: number[] }[];
        }[];
      };
    }>('CoordinationNumbers');
    const [{ runningCoordinationNumbers: numbers, calculations }] = described.nodes;
    expect(numbers.values.map((row) => row.at(-1))).toEqual([5, 5, 5, 5, 5, 5]);
    const within4 = numbers.values.map((row) => row[numbers.radiiAngstrom.indexOf(4)] === 5);
    expect(within4).toEqual([true, false, false, false, false, false]);
    const { shieldingsPpm } = calculations[0];
    expect(shieldingsPpm.indexOf(Math.min(...shieldingsPpm))).toBe(0);
  });

  it('GenerateClusters, RelaxClusters, ClusterRuns: each relaxed cluster knows its parent and has less energy', () => {
    const { clusterRuns } = answer<{
      clusterRuns: {
        nodes: {
          kind: string;
          total: number;
          inserted: number;
          items: {
            nodes: {
              relaxation: { energyBeforeEv: number; energyAfterEv: number } | null;
              cluster: { label: string; parents: { relation: string; cluster: { label: string } }[] };
            }[];
          };
        }[];
      };
    }>('ClusterRuns');
    const [relaxation, generation] = clusterRuns.nodes;
    expect(generation).toMatchObject({ kind: 'GENERATION', state: 'SUCCEEDED', total: 10, inserted: 10 });
    expect(relaxation).toMatchObject({ kind: 'RELAXATION', state: 'SUCCEEDED', total: 5, inserted: 5 });
    for (const { relaxation: energies, cluster } of relaxation.items.nodes) {
      expect(energies!.energyAfterEv).toBeLessThan(energies!.energyBeforeEv);
      expect(cluster.parents).toMatchObject([{ relation: 'RELAXATION' }]);
      expect(cluster.label).toBe(`${cluster.parents[0].cluster.label}-relaxed`);
    }
  });

  it('Atoms: the parameters are those of the tensor', () => {
    const { atoms } = answer<{
      atoms: {
        nodes: {
          shieldingPpm: number;
          shieldingTensorParameters: { principalComponentsPpm: number[]; spanPpm: number; skew: number };
        }[];
      };
    }>('Atoms');
    for (const { shieldingPpm, shieldingTensorParameters } of atoms.nodes) {
      const { principalComponentsPpm, spanPpm, skew } = shieldingTensorParameters;
      const [s11, s22, s33] = principalComponentsPpm;
      expect((s11 + s22 + s33) / 3).toBeCloseTo(shieldingPpm, 3);
      expect(spanPpm).toBeCloseTo(s33 - s11, 9);
      expect(skew).toBeCloseTo((s11 + s33 - 2 * s22) / spanPpm, 9);
    }
  });

  it('Atoms: the inner shells are full, and one electron is left', () => {
    const { atoms } = answer<{
      atoms: { nodes: { shieldingPpm: number; grossOrbitalPopulations: { label: string; electrons: number }[] }[] };
    }>('Atoms');
    for (const { shieldingPpm, grossOrbitalPopulations } of atoms.nodes) {
      expect(shieldingPpm).toBeLessThan(480);
      const inner = grossOrbitalPopulations.filter(({ label }) => /^[12]/.test(label));
      const outer = grossOrbitalPopulations.filter(({ label }) => /^(3S|3P|4S)/.test(label));
      expect(inner.map(({ electrons }) => Math.round(electrons))).toEqual([2, 2, 2, 2, 2]);
      expect(Math.round(outer.reduce((sum, { electrons }) => sum + electrons, 0))).toBe(1);
    }
  });

  it('ImportCalculations, ImportStructures: every item is answered for', () => {
    expect(answer('ImportCalculations')).toMatchObject({
      importCalculations: { inserted: 0, existing: 2, rejected: 0, items: [{ status: 'EXISTING' }, {}] },
    });
    expect(answer('ImportStructures')).toMatchObject({
      importStructures: {
        inserted: 1,
        rejected: 1,
        items: [
          { label: 'rhombus', status: 'INSERTED', error: null },
          { label: 'too-close', line: 7, status: 'REJECTED', cluster: null, error: { code: 'ATOMS_TOO_CLOSE' } },
        ],
      },
    });
  });

  it('CalculationInputs: two steps, with the identity of the cluster in the title', () => {
    const { nodes } = answer<{
      calculationInputs: { nodes: { fileName: string; text: string; cluster: { identitySha256: string } }[] };
    }>('CalculationInputs').calculationInputs;
    const [{ fileName, text, cluster }] = nodes;
    expect(fileName).toBe(`rhombus-${cluster.identitySha256.slice(0, 16)}.gjf`);
    expect(text.split(`natrium ${cluster.identitySha256}\n (rhombus)\n`)).toHaveLength(3);
  });

  it('NearDuplicates: two clusters of the test have the shape of one of the validation', () => {
    const { nodes } = answer<{
      datasetVersion: {
        nearDuplicates: {
          nodes: {
            differenceAngstrom: number;
            firstSplit: string;
            secondSplit: string;
            second: { label: string; shieldingsPpm: number[] };
            first: { shieldingsPpm: number[] };
          }[];
        };
      };
    }>('NearDuplicates').datasetVersion.nearDuplicates;
    expect(nodes.map((pair) => [pair.firstSplit, pair.secondSplit, pair.second.label])).toEqual(
      Array(2).fill(['TEST', 'VALIDATION', 'na08-7090']),
    );
    for (const { first, second } of nodes) {
      const sorted = second.shieldingsPpm.toSorted((a, b) => a - b);
      for (const [i, shielding] of first.shieldingsPpm.toSorted((a, b) => a - b).entries()) {
        expect(Math.abs(shielding - sorted[i])).toBeLessThan(5);
      }
    }
  });

  it('Distribution: the tail below 500 ppm comes from Na6 and Na10', () => {
    const { edgesPpm, series } = answer<{
      shieldingDistribution: { edgesPpm: number[]; series: { name: string; counts: number[] }[] };
    }>('Distribution').shieldingDistribution;
    const between = (name: string, low: number, high: number) =>
      sum(series.find((each) => each.name === name)!.counts.filter((_, i) => edgesPpm[i] >= low && edgesPpm[i] < high));
    expect(between('all', 550, 650)).toBeGreaterThan(between('all', 0, 1000) / 2);
    expect(between('size 6', 0, 500)).toBeGreaterThan(0);
    expect(between('size 8', 0, 500)).toBe(0);
    expect(between('size 10', 0, 500)).toBeGreaterThan(0);
  });

  it('Spectrum: every atom counts, isotropic only', () => {
    const { label, scale, nucleus, atomCount, positionsPpm, intensities } = answer<{
      spectrum: {
        label: string;
        scale: string;
        nucleus: string;
        atomCount: number;
        positionsPpm: number[];
        intensities: number[];
      };
    }>('Spectrum').spectrum;
    expect({ label, scale, nucleus }).toEqual({ label: 'isotropic only', scale: 'SHIELDING', nucleus: '23Na' });
    const area = sum(intensities) * (positionsPpm[1] - positionsPpm[0]);
    expect(area).toBeCloseTo(atomCount, 3);
  });

  it('Watch, LearningCurve: all runs succeeded, and the errors of SchNet have fallen', () => {
    expect(answer('Watch')).toMatchObject({
      atWork: { totalCount: 0 },
      ended: { nodes: ['na-schnet/1', 'na-lasso-gop/1', 'na-lasso-cn/1'].map(succeeded) },
    });
    const { curve } = answer<{ modelVersion: { outcome: { curve: { x: number; validationRmsePpm: number }[] } } }>(
      'LearningCurve',
    ).modelVersion.outcome;
    expect(curve.map((point) => point.x)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(curve[59].validationRmsePpm).toBeLessThan(curve[9].validationRmsePpm);
  });

  it('EstimateTraining: twenty trials, one after the other', () => {
    const { trainingEstimate } = answer<{ trainingEstimate: { secondsPerTrial: number; seconds: number } }>(
      'EstimateTraining',
    );
    expect(trainingEstimate).toMatchObject({ stepsPerEpoch: 1, trials: 20, workers: 1, trialsAhead: 0, reason: null });
    expect(trainingEstimate.seconds).toBeCloseTo(20 * trainingEstimate.secondsPerTrial, 6);
  });

  it('Reproductions: the same bytes came out', () => {
    const { reproductions } = answer<{ modelVersion: { reproductions: { reproduction: { trials: object[] } }[] } }>(
      'Reproductions',
    ).modelVersion;
    expect(reproductions).toMatchObject([
      { state: 'SUCCEEDED', reproduction: { agrees: true, trials: [{ seed: 1, agrees: true }] } },
    ]);
  });

  it('WatchEpochs: the run has succeeded, and each epoch of both trials came once, in order', () => {
    const updates = answer<{
      trainingRunUpdated: { trials: { trial: { seed: number }; points: { x: number }[] }[] }[];
    }>('WatchEpochs').trainingRunUpdated;
    expect(updates.at(-1)).toMatchObject({
      trainingRun: { state: 'SUCCEEDED', modelVersion: { reference: 'na-schnet/1' } },
    });
    for (const seed of [1, 2]) {
      const told = updates.flatMap(({ trials }) => trials.filter(({ trial }) => trial.seed === seed));
      expect(told.flatMap(({ points }) => points.map(({ x }) => x))).toEqual(
        Array.from({ length: 60 }, (_, i) => i + 1),
      );
    }
  });

  it('Champion, Predict: the alias leads to the version, and equal atoms get equal shieldings', () => {
    expect(answer('Champion')).toMatchObject({
      setModelAlias: { aliases: [{ alias: 'champion', modelVersion: { reference: 'na-schnet/1' } }] },
    });
    const { modelVersion, predictions } = answer<{
      predictShieldings: {
        modelVersion: object;
        predictions: { shieldingsPpm: number[]; standardDeviationsPpm: number[] }[];
      };
    }>('Predict').predictShieldings;
    expect(modelVersion).toEqual({ reference: 'na-schnet/1' });
    const [octahedron, rhombus] = predictions.map((each) => each.shieldingsPpm);
    for (const shieldingPpm of octahedron) expect(shieldingPpm).toBeCloseTo(octahedron[0], 2);
    for (const { standardDeviationsPpm } of predictions) {
      for (const deviation of standardDeviationsPpm) expect(deviation).toBeGreaterThan(0);
    }
    expect(rhombus[2]).toBeCloseTo(rhombus[0], 2);
    expect(rhombus[3]).toBeCloseTo(rhombus[1], 2);
  });

  it('Evaluate: a Lasso has no bias on the atoms it was fitted to', () => {
    const { evaluateModelVersion } = answer<{ evaluateModelVersion: { metrics: { biasPpm: number } } }>('Evaluate');
    expect(evaluateModelVersion.metrics.biasPpm).toBeCloseTo(0, 6);
  });

  it('Compare: each metric has a verdict on the three versions, and no test cluster was trained on', () => {
    const { compareModelVersions } = answer<{
      compareModelVersions: {
        atoms: number;
        verdict: string;
        metrics: { metric: string; verdict: string; versions: { low: number; value: number; high: number }[] }[];
        worstAtoms: { nodes: { residualsPpm: number[] }[] };
        distances: { names: string[]; wasserstein1Ppm: number[][] };
        leakage: { count: number; validationCount: number }[];
      };
    }>('Compare');
    const { atoms, verdict, metrics, worstAtoms, distances, leakage } = compareModelVersions;
    expect(atoms).toBe(110);
    expect(verdict).toContain(metrics[0].verdict);
    expect(metrics).toHaveLength(8);
    for (const { low, high } of metrics[0].versions) expect(high).toBeGreaterThan(low);
    for (const { residualsPpm } of worstAtoms.nodes) {
      expect(Math.abs(residualsPpm[2])).toBeGreaterThan(Math.abs(residualsPpm[0]));
    }
    expect(distances.names[0]).toBe('calculated');
    expect(distances.wasserstein1Ppm).toHaveLength(4);
    expect(leakage).toEqual(Array(3).fill({ count: 0, validationCount: 0 }));
  });

  it('Histograms: DFT and three versions over the same 110 test atoms', () => {
    const { series } = answer<{
      compareModelVersions: { histogram: { series: { name: string; counts: number[] }[] } };
    }>('Histograms').compareModelVersions.histogram;
    expect(series.map((each) => [each.name, sum(each.counts)])).toEqual([
      ['calculated', 110],
      ['na-lasso-cn/1', 110],
      ['na-lasso-gop/1', 110],
      ['na-schnet@champion', 110],
    ]);
  });
});

function succeeded(reference: string): object {
  return { state: 'SUCCEEDED', failure: null, modelVersion: { reference } };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Whether there is a number, a text or a truth value anywhere in it. */
function holdsValue(value: unknown): boolean {
  if (typeof value !== 'object') return value !== undefined;
  return value !== null && Object.values(value).some(holdsValue);
}
