// npm run bench -- fuzz: 10,000 damaged files and some hostile ones; none may take over 1 s or 256 MiB.
import '../test/support/typescript-hooks.mjs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readItems, withFormat } from '../dist/chemistry/formats.js';
import { exit, figure } from './lib/figures.mjs';

const { fixtureSamples, fuzzInputs, inPieces, largeInputs, realSamples } = await import(
  '../test/support/fuzz-corpus.ts'
);

const INPUTS = 10_000;
const SEED = 20_240_601;
const MILLISECONDS = 1000;
const MEBIBYTES = 256;
const CHUNK_BYTES = 65_536;

let slowest = { milliseconds: 0, name: '' };
let refused = 0;

async function read(name, chunks, format) {
  const start = performance.now();
  for await (const item of readItems(chunks, name, format)) {
    if ('record' in item) continue;
    refused += 1;
    const { file, line } = item.error.details ?? {};
    if (file !== name || !Number.isInteger(line) || line < 1)
      throw new Error(`${name}: no place`, { cause: item.error });
  }
  const milliseconds = performance.now() - start;
  if (milliseconds > slowest.milliseconds) slowest = { milliseconds, name };
}

const base = process.memoryUsage.rss();
const samples = [...fixtureSamples(), ...realSamples()];
for (const { name, bytes } of fuzzInputs(samples, INPUTS, SEED)) {
  const { format, chunks } = await withFormat(inPieces(bytes, CHUNK_BYTES));
  await read(name, chunks, format ?? 'PROGRAM_OUTPUT');
}
// what one input left behind is not the next one's
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');
for (const { name, format, chunks } of largeInputs()) {
  collectGarbage();
  await read(name, chunks(), format);
}
const growth = process.resourceUsage().maxRSS / 1024 - base / 2 ** 20;

const { milliseconds, name } = slowest;
console.log(
  `fuzz\t${INPUTS} inputs of ${samples.length} samples and ${largeInputs().length} large ones\t${refused} items refused`,
);
figure({
  ...{ name: `fuzz, the slowest input (${name})`, value: milliseconds.toFixed(0), unit: 'ms' },
  ...{ bound: `<= ${MILLISECONDS}`, ok: milliseconds <= MILLISECONDS },
});
figure({
  ...{ name: 'fuzz, most memory', value: growth.toFixed(0), unit: 'MiB' },
  ...{ bound: `<= ${MEBIBYTES}`, ok: growth <= MEBIBYTES },
});
exit();
