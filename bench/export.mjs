// npm run bench -- export: a data set version as files, against the same columns by GraphQL from the same server in the same run.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { tableFromIPC } from 'apache-arrow';

const MAIN = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist', 'main.js');
const CLUSTERS = 3000;
const ATOMS = 20;
const CLUSTERS_PER_IMPORT = 1000;
const CLUSTERS_PER_PAGE = 200;
const DECODINGS = 20;
const TIMES_JSON = 5;
const RESIDENT_MEBIBYTES = 512;
const FORMATS = ['extxyz', 'csv', 'jsonl', 'arrow'];

let short = false;

/** One figure: name, value, unit, peer, its value, ratio, bound, verdict. */
function figure(name, value, unit, peer, peerValue, ratio, bound, ok) {
  short ||= !ok;
  const ratioText = ratio === null ? '-' : `${ratio.toFixed(1)}x`;
  console.log([name, value, unit, peer, peerValue, ratioText, bound, ok ? 'ok' : 'short'].join('\t'));
}

async function startServer(folder) {
  const env = { ...process.env, NATRIUM_DATA_FOLDER: folder, NATRIUM_PORT: '0' };
  for (const name of Object.keys(env)) if (/^(DATABASE_URL|S3_)/.test(name)) delete env[name];
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    env: { ...env, NATRIUM_WORKERS: '0', NATRIUM_EXAMPLE_DATA: 'off' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const match = /^API\s+(http:\S+)\/graphql$/.exec(line);
    if (match === null) continue;
    child.stdout.resume();
    return { child, url: match[1] };
  }
  throw new Error('the server did not start');
}

async function stopServer({ child }) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

async function askText(url, query, variables = {}) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return response.text();
}

async function ask(url, query, variables) {
  const { data, errors } = JSON.parse(await askText(url, query, variables));
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** Clusters on a lattice with invented tensors, which have as many digits as computed ones. */
function clusters(first, count) {
  let state = first + 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const edge = Math.ceil(Math.cbrt(ATOMS));
  return Array.from({ length: count }, (_, i) => {
    const rows = Array.from({ length: ATOMS }, (_, atom) => {
      const site = [atom % edge, Math.floor(atom / edge) % edge, Math.floor(atom / edge ** 2)];
      const position = site.map((each) => 3.5 * each + 0.3 * random());
      const tensor = Array.from({ length: 9 }, (_, k) => (k % 4 === 0 ? 500 : 0) + 100 * random());
      return `Na ${[...position, ...tensor].join(' ')}\n`;
    });
    const keys = `id=bench-${first + i} split=train charge=0 multiplicity=1 energy_hartree=-${first + i}.125`;
    const level = 'program=invented program_version=1 method=none basis=none';
    return `${ATOMS}\nProperties=species:S:1:pos:R:3:ms_shielding:R:9 pbc="F F F" ${keys} ${level}\n${rows.join('')}`;
  }).join('');
}

async function importData(url) {
  const mutation = `mutation ($content: String!) {
    importCalculations(input: { fileName: "bench.extxyz", content: $content }) { inserted rejected }
  }`;
  for (let first = 0; first < CLUSTERS; first += CLUSTERS_PER_IMPORT) {
    const content = clusters(first, CLUSTERS_PER_IMPORT);
    const { importCalculations: report } = await ask(url, mutation, { content });
    if (report.inserted !== CLUSTERS_PER_IMPORT) throw new Error(JSON.stringify(report));
  }
  await ask(
    url,
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
async function pagesByGraphql(url) {
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
    const text = await askText(url, query, { after });
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

const folder = mkdtempSync(join(tmpdir(), 'natrium bench export '));
const server = await startServer(folder);
try {
  const { url } = server;
  await importData(url);

  const start = performance.now();
  const texts = await pagesByGraphql(url);
  const graphqlSeconds = (performance.now() - start) / 1e3;
  const graphqlAtoms = (CLUSTERS * ATOMS) / graphqlSeconds;

  let arrow;
  for (const format of FORMATS) {
    for (const state of ['made while sent', 'made before']) {
      const { seconds, bytes } = await download(`${url}/exports/bench/1.${format}`);
      if (format === 'arrow') arrow = bytes;
      const atoms = (CLUSTERS * ATOMS) / seconds;
      const name = `export ${format}, ${state}`;
      figure(name, (bytes.length / 1e6 / seconds).toFixed(1), 'MB/s', '-', '-', null, 'none', true);
      const ratio = atoms / graphqlAtoms;
      figure(name, atoms.toFixed(0), 'atoms/s', 'GraphQL columns', graphqlAtoms.toFixed(0), ratio, 'none', true);
    }
  }

  const json = columnsAsJson(texts);
  if (Math.abs(touchArrow(arrow) / touchJson(json) - 1) > 1e-3) throw new Error('Arrow and JSON hold different values');
  const [ours, peer] = [millisecondsOf(() => touchArrow(arrow)), millisecondsOf(() => touchJson(json))];
  const ratio = peer / ours;
  figure(
    ...['export arrow, decoding all columns', ours.toFixed(1), 'ms', 'JSON.parse', peer.toFixed(1), ratio],
    ...[`>= ${TIMES_JSON}x`, ratio >= TIMES_JSON],
  );

  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'));
  const resident = Number(peak[1]) / 1024;
  figure(
    ...['export, most memory of the API', resident.toFixed(0), 'MiB', '-', '-', null],
    ...[`<= ${RESIDENT_MEBIBYTES}`, resident <= RESIDENT_MEBIBYTES],
  );
} finally {
  await stopServer(server);
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
process.exit(short ? 1 : 0);
