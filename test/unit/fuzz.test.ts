import { describe, expect, it } from 'vitest';
import type { CalculationRecord } from '../../src/chemistry/calculation-record.ts';
import type { ParsedItem } from '../../src/chemistry/extxyz.ts';
import { chunkOf, readItems, withFormat } from '../../src/chemistry/formats.ts';
import { NatriumError } from '../../src/errors.ts';
import { fixtureSamples, fuzzInputs, largeInputs, realSamples, type Sample } from '../support/fuzz-corpus.ts';
import { skipUnless } from '../support/skips.ts';

const INPUTS = 10_000;
const FIXTURES = fixtureSamples();
const REAL = realSamples();

/** Every item of a file, as `natrium parse` reads it. */
async function parse(bytes: Uint8Array, name: string): Promise<ParsedItem[]> {
  const { format, chunks } = await withFormat(chunkOf(bytes));
  const items: ParsedItem[] = [];
  for await (const item of readItems(chunks, name, format ?? 'PROGRAM_OUTPUT')) items.push(item);
  return items;
}

/** What no item may be, or null for a record that can be and for an error that says where. */
function flaw(item: ParsedItem, name: string, lines: number): string | null {
  if ('record' in item) return recordFlaw(item.record);
  const { error } = item;
  const { file, line } = error.details as { file: unknown; line: number };
  if (!(error instanceof NatriumError)) return `no NatriumError: ${error}`;
  if (file !== name || !error.message.includes(name)) return `names no file: ${error.message}`;
  if (!Number.isInteger(line) || line < 1 || line > lines) return `line ${line} of ${lines}: ${error.message}`;
  return /\p{Cc}/u.test(error.message) ? `control characters: ${JSON.stringify(error.message)}` : null;
}

function recordFlaw({ structure, shieldingsPpm, shieldingTensorsPpm, ...rest }: CalculationRecord): string | null {
  const atoms = structure.atomicNumbers.length;
  if (atoms === 0 || structure.positionsAngstrom.length !== 3 * atoms) return `${atoms} atoms`;
  if (!structure.positionsAngstrom.every(Number.isFinite)) return 'a position that is not finite';
  if ((shieldingsPpm?.length ?? atoms) !== atoms) return `${shieldingsPpm?.length} shieldings of ${atoms} atoms`;
  if ((shieldingTensorsPpm?.length ?? 9 * atoms) !== 9 * atoms) return 'tensors of other atoms';
  const labels = rest.populationLabels?.length ?? 0;
  return (rest.grossOrbitalPopulations?.length ?? 0) === labels * atoms ? null : 'populations of other atoms';
}

async function flaws(inputs: Iterable<Sample>): Promise<string[]> {
  const found: string[] = [];
  for (const { name, bytes } of inputs) {
    let lines = 1;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
    for (const item of await parse(bytes, 'job.dat')) {
      const wrong = flaw(item, 'job.dat', lines);
      if (wrong !== null) found.push(`${name}: ${wrong}`);
    }
  }
  return found;
}

describe('damaged files', () => {
  it('of every fixture are records, or errors with file and line', async () => {
    const count = REAL.length > 0 ? INPUTS / 2 : INPUTS;
    expect(await flaws(fuzzInputs(FIXTURES, count, 20_240_601))).toEqual([]);
  });
});

skipUnless(REAL.length > 0, 'shared')('damaged real outputs', () => {
  it('are records, or errors with file and line', async () => {
    expect(await flaws(fuzzInputs(REAL, INPUTS / 2, 41))).toEqual([]);
  });
});

describe('cut anywhere', () => {
  it.each(FIXTURES.filter(({ format }) => format === 'PROGRAM_OUTPUT'))(
    '$name gives no number that the whole file does not have',
    async ({ bytes }) => {
      const text = bytes.toString('latin1');
      const known = new Set(text.match(/-?\d+\.\d+(D[+-]\d+)?/g)!.map((printed) => Number(printed.replace('D', 'e'))));
      for (let end = 0; end < bytes.length; end += 97) {
        const [item] = await parse(bytes.subarray(0, end), 'job.dat');
        if (!('record' in item)) continue;
        const { shieldingsPpm, shieldingTensorsPpm, energyHartree } = item.record;
        for (const value of [...(shieldingsPpm ?? []), ...(shieldingTensorsPpm ?? [])]) {
          if (!Number.isNaN(value)) expect(known).toContain(value);
        }
        if (energyHartree !== null) expect(known).toContain(energyHartree);
      }
    },
  );
});

describe('hostile files', () => {
  // a hundredth of what the benchmark reads: what they cost is its to measure
  it.each(largeInputs(0.01))('are records, or errors with file and line: $name', async ({ format, chunks }) => {
    const found = new Set<string | null>();
    for await (const item of readItems(chunks(), 'job.dat', format)) {
      found.add(flaw(item, 'job.dat', Number.POSITIVE_INFINITY));
    }
    expect([...found].filter((wrong) => wrong !== null)).toEqual([]);
  });
});
