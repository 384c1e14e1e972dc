import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CalculationRecord } from '../../src/chemistry/calculation-record.ts';
import { NatriumError } from '../../src/errors.ts';
import { fixture, parseText } from '../support/outputs.ts';

const NAMES = readdirSync(new URL('../fixtures/outputs', import.meta.url)).sort();
const NASTY = ['\0', '\n', '*', '-', ' ', '9', 'E+999', 'nan', '\u00ff', '********', '1e400', '0x10', '\r'];

/** A small generator of its own, so that a failure can be repeated: Lehmer's, modulo 2^31 - 1. */
function lehmer(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

async function outcome(content: string | Uint8Array): Promise<CalculationRecord | NatriumError> {
  try {
    return await parseText(content);
  } catch (error) {
    if (error instanceof NatriumError) return error;
    throw error;
  }
}

/** A record that can be, or an error that says where. */
function expectSound(result: CalculationRecord | NatriumError, lines: number): void {
  if (result instanceof NatriumError) {
    expect(result.details).toMatchObject({ file: 'job.out' });
    const line = result.details.line as number;
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines);
    expect(result.message).toContain(`job.out, line ${line}`);
    expect(result.message).not.toMatch(/\p{Cc}/u);
    return;
  }
  const atoms = result.structure.atomicNumbers.length;
  expect(atoms).toBeGreaterThan(0);
  expect(result.structure.positionsAngstrom.every(Number.isFinite)).toBe(true);
  expect(result.shieldingsPpm?.length ?? atoms).toBe(atoms);
  expect(result.shieldingTensorsPpm?.length ?? 9 * atoms).toBe(9 * atoms);
}

function mutate(text: string, random: (below: number) => number): string {
  const at = random(text.length);
  switch (random(5)) {
    case 0:
      return text.slice(0, at) + NASTY[random(NASTY.length)] + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + text.slice(at + random(300));
    case 2:
      return text.slice(0, at) + text.slice(random(text.length)) + text.slice(at);
    case 3: {
      const lines = text.split('\n');
      lines.splice(random(lines.length), 1 + random(3), ...lines.slice(at % lines.length, (at % lines.length) + 2));
      return lines.join('\n');
    }
    default: {
      const digit = /\d/.exec(text.slice(at));
      const place = digit === null ? at : at + digit.index;
      return text.slice(0, place) + String(random(10)) + text.slice(place + 1);
    }
  }
}

describe.each(NAMES)('%s', (name) => {
  const text = fixture(name);

  it('cut anywhere, gives no number that the whole file does not have', async () => {
    const known = new Set(text.match(/-?\d+\.\d+(D[+-]\d+)?/g)!.map((printed) => Number(printed.replace('D', 'e'))));
    for (let end = 0; end < text.length; end += 97) {
      const part = text.slice(0, end);
      const result = await outcome(part);
      expectSound(result, part.split('\n').length);
      if (result instanceof NatriumError) continue;
      for (const value of [...(result.shieldingsPpm ?? []), ...(result.shieldingTensorsPpm ?? [])]) {
        if (!Number.isNaN(value)) expect(known).toContain(value);
      }
      if (result.energyHartree !== null) expect(known).toContain(result.energyHartree);
    }
  });

  it('with bytes changed, left out or repeated, is a record or an error with file and line', async () => {
    const random = lehmer(name.length * 7919);
    for (let k = 0; k < 60; k++) {
      let changed = text;
      for (let times = 1 + random(4); times > 0; times--) changed = mutate(changed, random);
      expectSound(await outcome(changed), changed.split('\n').length);
    }
  });

  it('followed by binary, is a record or an error with file and line', async () => {
    const random = lehmer(41);
    const noise = Uint8Array.from({ length: 5000 }, () => random(256));
    const half = Buffer.from(text.slice(0, text.length / 2));
    const content = Buffer.concat([half, noise, Buffer.from(text)]);
    expectSound(await outcome(content), content.toString('latin1').split('\n').length);
  });
});
