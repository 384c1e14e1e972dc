// npm run bench -- export: a data set version as files, against the same columns by GraphQL from the same server in the same run.
import { tableFromIPC } from 'apache-arrow';
import { clusters } from './lib/clusters.mjs';
import { exit, figure } from './lib/figures.mjs';
import { startServer } from './lib/server.mjs';

const CLUSTERS = 3000;
const ATOMS = 20;
const CLUSTERS_PER_IMPORT = 1000;
const CLUSTERS_PER_PAGE = 200;
const DECODINGS = 20;
const TIMES_JSON = 5;
const RESIDENT_MEBIBYTES = 512;
const FORMATS = ['extxyz', 'csv', 'jsonl', 'arrow'];

async function importData({ ask }) {
  const mutation = `mutation ($content: String!) {
    importCalculations(input: { fileName: "bench.extxyz", content: $content }) { inserted rejected }
  }`;
  for (let first = 0; first < CLUSTERS; first += CLUSTERS_PER_IMPORT) {
    const content = clusters(first, CLUSTERS_PER_IMPORT, ATOMS);
    const { importCalculations: report } = await ask(mutation, { content });
    if (report.inserted !== CLUSTERS_PER_IMPORT) throw new Error(JSON.stringify(report));
  }
  await ask(
    `mutation {
      createDataset(input: { name: "bench", title: "Bench", description: "Invented", licence: "CC0-1.0" }) { id }
      createDatasetVersion(input: { dataset: "bench", filter: {}, split: { asGiven: true } }) { id }
    }`,
  );
}

/** Seconds and bytes of a download. */
async function download(address) {
  const start = performance.now();
  const response = await fetch(address);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!response.ok) throw new Error(Buffer.from(bytes).toString());
  return { seconds: (performance.now() - start) / 1e3, bytes };
}

/** The columns of the Arrow file, page by page, as GraphQL answers them. */
async function pagesByGraphql({ askText }) {
  const query = `query ($after: String) { datasetVersion(datasetVersion: "bench/1") {
    calculations(first: ${CLUSTERS_PER_PAGE}, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        label contentSha256 givenSplit cluster { formula size charge multiplicity atomicNumbers positionsAngstrom }
        shieldingsPpm shieldingTensorsPpm tensorIndexOrder populationLabels grossOrbitalPopulations
        electricFieldGradientsAu energyHartree spinSquared levelOfTheory { program version method basis }
        shieldingGauge provenance
      }
    }
  } }`;
  const texts = [];
  for (let after = null; ; ) {
    const text = await askText(query, { after });
    texts.push(text);
    const { pageInfo } = JSON.parse(text).data.datasetVersion.calculations;
    if (!pageInfo.hasNextPage) return texts;
    after = pageInfo.endCursor;
  }
}

/** The same as one JSON object, a key a column, numbers of a row flat: the least that JSON can be. */
function columnsAsJson(texts) {
  const columns = {};
  for (const text of texts) {
    for (const { cluster, levelOfTheory, ...node } of JSON.parse(text).data.datasetVersion.calculations.nodes) {
      for (const [name, value] of Object.entries({ ...node, ...cluster, ...levelOfTheory })) {
        columns[name] ??= [];
        columns[name].push(name === 'provenance' ? JSON.stringify(value) : value);
      }
    }
  }
  return JSON.stringify(columns);
}

/** Numbers are added and texts measured, so that nothing stays undecoded. */
function touchJson(text) {
  let sum = 0;
  const touch = (value) => {
    if (typeof value === 'number') sum += value;
    else if (typeof value === 'string') sum += value.length;
    else if (Array.isArray(value)) for (let i = 0; i < value.length; i++) touch(value[i]);
  };
  for (const column of Object.values(JSON.parse(text))) touch(column);
  return sum;
}

function touchArrow(bytes) {
  let sum = 0;
  const touch = (data) => {
    if (data.children.length > 0) {
      for (const child of data.children) touch(child);
      return;
    }
    const { values } = data;
    for (let i = 0; i < values.length; i++) sum += values[i];
  };
  const table = tableFromIPC(bytes);
  for (const { name, type } of table.schema.fields) {
    const column = table.getChild(name);
    if (String(type) === 'Utf8') for (const text of column) sum += text?.length ?? 0;
    else for (const data of column.data) touch(data);
  }
  return sum;
}

/** The fastest of several, in milliseconds. */
function millisecondsOf(work) {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < DECODINGS; i++) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

const server = await startServer({ workers: 0 });
try {
  await importData(server);

  const start = performance.now();
  const texts = await pagesByGraphql(server);
  const graphqlSeconds = (performance.now() - start) / 1e3;
  const graphqlAtoms = (CLUSTERS * ATOMS) / graphqlSeconds;

  let arrow;
  for (const format of FORMATS) {
    for (const state of ['made while sent', 'made before']) {
      const { seconds, bytes } = await download(`${server.url}/exports/bench/1.${format}`);
      if (format === 'arrow') arrow = bytes;
      const atoms = (CLUSTERS * ATOMS) / seconds;
      const name = `export ${format}, ${state}`;
      figure({ name, value: (bytes.length / 1e6 / seconds).toFixed(1), unit: 'MB/s' });
      figure({
        ...{ name, value: atoms.toFixed(0), unit: 'atoms/s' },
        ...{ peer: 'GraphQL columns', peerValue: graphqlAtoms.toFixed(0), ratio: atoms / graphqlAtoms },
      });
    }
  }

  const json = columnsAsJson(texts);
  if (Math.abs(touchArrow(arrow) / touchJson(json) - 1) > 1e-3) throw new Error('Arrow and JSON hold different values');
  const [ours, peer] = [millisecondsOf(() => touchArrow(arrow)), millisecondsOf(() => touchJson(json))];
  figure({
    ...{ name: 'export arrow, decoding all columns', value: ours.toFixed(1), unit: 'ms' },
    ...{ peer: 'JSON.parse', peerValue: peer.toFixed(1), ratio: peer / ours },
    ...{ bound: `>= ${TIMES_JSON}x`, ok: peer / ours >= TIMES_JSON },
  });
  const resident = server.residentMebibytes();
  figure({
    ...{ name: 'export, most memory of the API', value: resident.toFixed(0), unit: 'MiB' },
    ...{ bound: `<= ${RESIDENT_MEBIBYTES}`, ok: resident <= RESIDENT_MEBIBYTES },
  });
} finally {
  await server.stop();
}
exit();
