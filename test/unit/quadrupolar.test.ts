import { describe, expect, it } from 'vitest';
import { nuclearDataOf, parseNucleus } from '../../src/chemistry/nuclei.ts';
import {
  MEGAHERTZ_PER_AU_BARN,
  quadrupolarCoupling,
  quadrupoleInducedShiftPpm,
} from '../../src/chemistry/quadrupolar.ts';

const SODIUM = nuclearDataOf(parseNucleus('23Na'))!;
const diagonal = (a: number, b: number, c: number) => [a, 0, 0, 0, b, 0, 0, 0, c];

describe('a quadrupolar coupling', () => {
  it('is e Q Vzz / h: the unit is that of CODATA 2018', () => {
    const [fieldGradientAu, barn, elementaryCharge, planck] = [9.7173624292e21, 1e-28, 1.602176634e-19, 6.62607015e-34];
    const megahertz = ((fieldGradientAu * barn * elementaryCharge) / planck) * 1e-6;
    expect(Math.abs(megahertz / MEGAHERTZ_PER_AU_BARN - 1)).toBeLessThan(1e-6);
  });

  it('takes the component farthest from 0, whatever the signs', () => {
    for (const sign of [1, -1]) {
      const { couplingMegahertz, asymmetry } = quadrupolarCoupling(
        diagonal(-0.01 * sign, 0.04 * sign, -0.03 * sign),
        0.104,
      );
      expect(couplingMegahertz).toBeCloseTo(234.9647 * 0.104 * 0.04, 12);
      expect(asymmetry).toBeCloseTo(0.5, 12);
    }
    expect(quadrupolarCoupling(diagonal(-0.02, -0.02, 0.04), -0.104).couplingMegahertz).toBeCloseTo(0.977453152, 9);
    expect(quadrupolarCoupling(diagonal(-0.02, -0.02, 0.04), 1).asymmetry).toBeCloseTo(0, 12);
    expect(quadrupolarCoupling(diagonal(-0.02, 0.02, 0), 1).asymmetry).toBeCloseTo(1, 12);
  });

  it('does not depend on the frame, nor on a trace', () => {
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    const [x, y] = [-0.01, 0.04];
    const off = (x - y) * c * s;
    const turned = [x * c * c + y * s * s + 3, off, 0, off, x * s * s + y * c * c + 3, 0, 0, 0, -0.03 + 3];
    const { couplingMegahertz, asymmetry } = quadrupolarCoupling(turned, 0.104);
    expect(couplingMegahertz).toBeCloseTo(234.9647 * 0.104 * 0.04, 9);
    expect(asymmetry).toBeCloseTo(0.5, 9);
  });

  it('is 0 without a field gradient', () => {
    for (const value of [0, 5]) {
      expect(quadrupolarCoupling(diagonal(value, value, value), 0.104)).toEqual({
        couplingMegahertz: 0,
        asymmetry: null,
      });
    }
  });
});

describe('a quadrupole-induced shift', () => {
  it('is -25000 (PQ / ν0)² ppm for I = 3/2', () => {
    const shift = quadrupoleInducedShiftPpm({ couplingMegahertz: 2, asymmetry: 0 }, SODIUM, 105.8);
    expect(shift).toBeCloseTo(-25_000 * (2 / 105.8) ** 2, 12);
    const product = 1.3 * Math.sqrt(1 + 0.6 ** 2 / 3);
    const skewed = quadrupoleInducedShiftPpm({ couplingMegahertz: 1.3, asymmetry: 0.6 }, SODIUM, 105.8);
    expect(skewed).toBeCloseTo(-25_000 * (product / 105.8) ** 2, 12);
  });

  it('is -6000 (PQ / ν0)² ppm for I = 5/2', () => {
    const shift = quadrupoleInducedShiftPpm({ couplingMegahertz: 3, asymmetry: null }, { spin: 2.5 }, 104.3);
    expect(shift).toBeCloseTo(-6000 * (3 / 104.3) ** 2, 12);
  });

  // centre of gravity of the central transition over 4608 directions of the field, by numpy's eigenvalues of ν0 n·I + HQ
  it.each([
    [1.5, 2, 0, 105.8, -8.933416434386695],
    [1.5, 1.3, 0.6, 105.8, -4.227349499852547],
    [1.5, 1, 1, 200, -0.8333313492156994],
    [2.5, 3, 0.3, 104.3, -5.112761424420802],
  ])('is what exact diagonalisation gives, but for the fourth order: I %d, CQ %d, η %d, ν0 %d', (...values) => {
    const [spin, couplingMegahertz, asymmetry, larmorFrequencyMegahertz, exactPpm] = values;
    const shift = quadrupoleInducedShiftPpm({ couplingMegahertz, asymmetry }, { spin }, larmorFrequencyMegahertz);
    expect(Math.abs(shift / exactPpm - 1)).toBeLessThan(5e-5);
  });
});
