import { describe, expect, it } from 'vitest';
import { shieldingsFromShifts, shiftsFromShieldings } from '../../src/chemistry/chemical-shift.ts';
import { Random } from '../../src/random.ts';

describe('a chemical shift', () => {
  it('is what IUPAC defines', () => {
    expect([...shiftsFromShieldings([576, 566, 586], 576)]).toEqual([0, 10 / (1 - 576e-6), -10 / (1 - 576e-6)]);
    // a proton-like and a heavy reference, worked out by hand to all digits
    expect(shiftsFromShieldings([25], 31.7)[0]).toBeCloseTo(6.7002124, 7);
    expect(shiftsFromShieldings([0], 500_000)[0]).toBe(1e6);
  });

  it('runs against the shielding', () => {
    const [deshielded, shielded] = shiftsFromShieldings([400, 600], 576);
    expect(deshielded).toBeGreaterThan(shielded);
  });

  it('leads back to its shielding in double precision, and the other way round', () => {
    const random = new Random(7);
    for (let i = 0; i < 200; i++) {
      const reference = 2000 * (random.uniform() - 0.5);
      const values = Array.from({ length: 50 }, () => 2000 * (random.uniform() - 0.5));
      const there = shieldingsFromShifts(shiftsFromShieldings(values, reference), reference);
      const back = shiftsFromShieldings(shieldingsFromShifts(values, reference), reference);
      values.forEach((value, k) => {
        expect(Math.abs(there[k] - value)).toBeLessThanOrEqual(1e-12);
        expect(Math.abs(back[k] - value)).toBeLessThanOrEqual(1e-12);
      });
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e6, -1e6])('has no reference of %s ppm', (reference) => {
    for (const convert of [shiftsFromShieldings, shieldingsFromShifts]) {
      expect(() => convert([1], reference)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
      expect(() => convert([1], reference)).toThrow(/must lie between ±1000000 ppm/);
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e308, -1e308, 1e9 + 1])(
    'is not of a shielding of %s ppm',
    (value) => {
      for (const reference of [0, 576, 999_999.9999, -999_999.9999]) {
        const convert = () => shiftsFromShieldings([1, 2, value], reference);
        expect(convert).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
        expect(convert).toThrow(/^shieldingsPpm\[2\] is .* ppm; it must lie within ±1000000000 ppm$/);
      }
    },
  );

  it.each([Number.NaN, Number.NEGATIVE_INFINITY, 1e308, -1e30])('of %s ppm is of no shielding', (value) => {
    for (const reference of [0, 576, 999_999.9999, -999_999.9999]) {
      const convert = () => shieldingsFromShifts([value], reference);
      expect(convert).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
      expect(convert).toThrow(/^shiftsPpm\[0\] is .* ppm; it must lie within ±[\d.e+]+ ppm$/);
    }
  });

  it('is finite and leads back whatever the shielding and the reference', () => {
    const nearest = 1e6 - 2 ** -33;
    for (const reference of [nearest, 999_999.9999, 576, 0, -999_999.9999, -nearest]) {
      const shieldings = [-1e9, -1e6, 0, 1e6, 1e9];
      const back = shieldingsFromShifts(shiftsFromShieldings(shieldings, reference), reference);
      back.forEach((shielding, i) => {
        expect(Math.abs(shielding - shieldings[i])).toBeLessThanOrEqual(1e-6);
      });
    }
  });
});
