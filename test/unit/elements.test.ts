import { describe, expect, it } from 'vitest';
import { atomicNumberOf, symbolOf } from '../../src/chemistry/elements.ts';
import { parseInteger, parseReal, printedDecimals } from '../../src/chemistry/numbers.ts';

describe('elements', () => {
  it('maps every atomic number to a symbol and back', () => {
    for (let z = 1; z <= 118; z++) {
      expect(atomicNumberOf(symbolOf(z))).toBe(z);
    }
  });

  it.each([
    ['H', 1],
    ['C', 6],
    ['Na', 11],
    ['Fe', 26],
    ['I', 53],
    ['Cs', 55],
    ['Lu', 71],
    ['Au', 79],
    ['U', 92],
    ['Og', 118],
  ])('knows that %s is element %i', (symbol, z) => {
    expect(atomicNumberOf(symbol)).toBe(z);
    expect(symbolOf(z)).toBe(symbol);
  });

  it('reads symbols in the case that programs print', () => {
    expect(atomicNumberOf('NA')).toBe(11);
    expect(atomicNumberOf('na')).toBe(11);
  });

  it.each(['', 'Xx', 'Na1', '11', 'constructor', '__proto__'])('knows no element %j', (symbol) => {
    expect(atomicNumberOf(symbol)).toBeUndefined();
  });

  it.each([0, -1, 119, 1.5, Number.NaN])('has no symbol for %d', (z) => {
    expect(() => symbolOf(z)).toThrow(expect.objectContaining({ code: 'UNKNOWN_ELEMENT' }));
  });
});

describe('numbers as programs print them', () => {
  it.each([
    ['1.0D+02', 100],
    ['-1.5d-1', -0.15],
    ['+.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['-0', -0],
    ['NaN', Number.NaN],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['1e999', Number.POSITIVE_INFINITY],
  ])('reads %s', (text, value) => {
    expect(parseReal(text)).toBe(value);
  });

  it.each(['', ' ', '1.2abc', '0x10', '1_000', '1,5', '--1', '.', 'e5', '1e', '١'])('refuses %j', (text) => {
    expect(parseReal(text)).toBeUndefined();
  });

  it('reads only integers that a double holds exactly', () => {
    expect(parseInteger('-12')).toBe(-12);
    expect(parseInteger('12.0')).toBeUndefined();
    expect(parseInteger('9007199254740993')).toBeUndefined();
  });

  it('counts printed decimals', () => {
    expect([printedDecimals('12'), printedDecimals('12.30'), printedDecimals('1e5')]).toEqual([0, 2, 15]);
  });
});
