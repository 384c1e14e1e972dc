import { describe, expect, it } from 'vitest';
import { parseReal, parseRealAt } from '../../src/chemistry/numbers.ts';
import { lehmer } from '../support/fuzz-corpus.ts';

describe('parseReal', () => {
  it('gives the double that JavaScript reads, whatever the number of digits', () => {
    const random = lehmer(3);
    const digits = (most: number) => Array.from({ length: random(most) }, () => random(10)).join('');
    for (let k = 0; k < 20_000; k++) {
      const exponent = random(5) === 0 ? `e${random(60) - 30}` : '';
      const text = `${['', '-', '+'][random(3)]}${random(10)}${digits(11)}.${digits(11)}${exponent}`;
      expect(Object.is(parseReal(text), Number(text)), text).toBe(true);
    }
    expect(Object.is(parseReal('-0'), -0)).toBe(true);
  });

  it.each(['', '+', '.', '-.', '1.2.3', '1e', 'e5', '0x10', '1 ', '1,5', '--1', '********'])('refuses "%s"', (text) => {
    expect(parseReal(text)).toBeUndefined();
  });

  it('reads a part of a text', () => {
    expect(parseRealAt('Na 1.25 1.0D+02x', 3, 7)).toBe(1.25);
    expect(parseRealAt('Na 1.25 1.0D+02x', 8, 15)).toBe(100);
    expect(parseRealAt('Na 1.25 1.0D+02x', 8, 16)).toBeUndefined();
  });
});
