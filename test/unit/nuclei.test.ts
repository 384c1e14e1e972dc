import { describe, expect, it } from 'vitest';
import { nuclearDataOf, parseNucleus } from '../../src/chemistry/nuclei.ts';

describe('a nucleus', () => {
  it.each([
    ['23Na', '23Na', 11, 23],
    ['Na-23', '23Na', 11, 23],
    ['na23', '23Na', 11, 23],
    ['NA-23', '23Na', 11, 23],
    [' 23-na ', '23Na', 11, 23],
    ['1H', '1H', 1, 1],
    ['c13', '13C', 6, 13],
    ['129xe', '129Xe', 54, 129],
    ['195Pt', '195Pt', 78, 195],
    ['11Li', '11Li', 3, 11],
  ])('written %j is %s', (text, name, atomicNumber, massNumber) => {
    expect(parseNucleus(text)).toEqual({ name, atomicNumber, massNumber });
  });

  it.each([
    ['Na', /"Na" is no nucleus; write mass number and element, such as 23Na/],
    ['23', /"23" is no nucleus; write/],
    ['', /"" is no nucleus; write/],
    ['23Na+', /"23Na\+" is no nucleus; write/],
    ['023Na', /is no nucleus; write/],
    ['0Na', /is no nucleus; write/],
    ['23.5Na', /is no nucleus; write/],
    ['23 Na', /is no nucleus; write/],
    ['-23Na', /is no nucleus; write/],
    ['23Zz', /there is no element Zz/],
    ['10Na', /mass number of Na lies between 11 and 44, not at 10/],
    ['45Na', /mass number of Na lies between 11 and 44, not at 45/],
    ['x'.repeat(10_000), /^"x{40}" is no nucleus/],
  ])('is not %j', (text, says) => {
    expect(() => parseNucleus(text)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
    expect(() => parseNucleus(text)).toThrow(says);
  });

  it('has data only where they are certain', () => {
    expect(nuclearDataOf(parseNucleus('na23'))).toEqual({
      spin: 1.5,
      frequencyRatioPercent: 26.4519,
      quadrupoleMomentBarn: 0.104,
    });
    for (const name of ['22Na', '35Cl']) expect(nuclearDataOf(parseNucleus(name))).toBeNull();
  });
});
