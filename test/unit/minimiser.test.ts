import { describe, expect, it } from 'vitest';
import { Curvature } from '../../src/chemistry/relaxation/curvature.ts';
import { type Objective, searchLine } from '../../src/chemistry/relaxation/line-search.ts';
import { minimise } from '../../src/chemistry/relaxation/minimiser.ts';
import { longestGroup } from '../../src/chemistry/relaxation/vectors.ts';
import { Random } from '../../src/random.ts';

const OPTIONS = { groupSize: 1, gradientTolerance: 1e-9, longestStep: Number.POSITIVE_INFINITY, mostSteps: 1000 };

/** Extended Rosenbrock: sum of 100 (x2 - x1²)² + (1 - x1)² over pairs; 0 at (1, 1, …). */
const rosenbrock: Objective = (x, gradient) => {
  let value = 0;
  for (let i = 0; i < x.length; i += 2) {
    const valley = x[i + 1] - x[i] * x[i];
    value += 100 * valley * valley + (1 - x[i]) * (1 - x[i]);
    gradient[i] = -400 * valley * x[i] - 2 * (1 - x[i]);
    gradient[i + 1] = 200 * valley;
  }
  return value;
};

/** sum of λ_i (u_i · (x - 1))² / 2 in a rotated frame u. */
function quadraticForm(eigenvalues: readonly number[], random: Random): Objective {
  const axes: number[][] = [];
  while (axes.length < eigenvalues.length) {
    let axis = eigenvalues.map(() => random.normal());
    for (let round = 0; round < 2; round++) {
      for (const other of axes) {
        const overlap = other.reduce((sum, part, i) => sum + part * axis[i], 0);
        axis = axis.map((part, i) => part - overlap * other[i]);
      }
    }
    axes.push(axis.map((part) => part / Math.hypot(...axis)));
  }
  return (x, gradient) => {
    gradient.fill(0);
    let value = 0;
    for (const [k, axis] of axes.entries()) {
      const along = axis.reduce((sum, part, i) => sum + part * (x[i] - 1), 0);
      value += (eigenvalues[k] * along * along) / 2;
      for (let i = 0; i < x.length; i++) gradient[i] += eigenvalues[k] * along * axis[i];
    }
    return value;
  };
}

function farthestFromOne(x: Float64Array): number {
  return Math.max(...Array.from(x, (part) => Math.abs(part - 1)));
}

describe('minimise', () => {
  it.each([2, 10, 100])('finds the minimum of Rosenbrock’s function of %i variables', (length) => {
    const start = Float64Array.from({ length }, (_, i) => (i % 2 === 0 ? -1.2 : 1));
    const minimum = minimise(rosenbrock, start, OPTIONS);
    expect(minimum.outcome).toBe('converged');
    expect(minimum.steps).toBeLessThan(100);
    expect(farthestFromOne(minimum.x)).toBeLessThan(1e-8);
    expect(minimum.longestGradient).toBe(longestGroup(minimum.gradient, 1));
    expect(minimum.value).toBe(rosenbrock(minimum.x, new Float64Array(length)));
    expect(start[0]).toBe(-1.2);
  });

  it.each([
    ['of condition 1', 20, 1, 2],
    // scipy's L-BFGS-B needs 318 to 341 and 1239 to 2013 steps for ten such forms
    ['of condition 10³', 30, 1e3, 400],
    ['of condition 10⁶', 12, 1e6, 2500],
  ])('finds the minimum of quadratic forms %s', (_, length, condition, mostSteps) => {
    for (let seed = 0; seed < 10; seed++) {
      const random = new Random(seed);
      const eigenvalues = Array.from({ length }, (_, i) => condition ** (i / (length - 1) - 0.5));
      const objective = quadraticForm(eigenvalues, random);
      const start = Float64Array.from({ length }, () => 10 * random.normal());
      const minimum = minimise(objective, start, { ...OPTIONS, gradientTolerance: 1e-10, mostSteps });
      expect(minimum.outcome).toBe('converged');
      expect(farthestFromOne(minimum.x)).toBeLessThanOrEqual(1e-9 * Math.sqrt(condition));
    }
  });

  it('moves no group farther than the longest step, and every step goes down', () => {
    const places: Float64Array[] = [];
    const recorded: Objective = (x, gradient) => {
      places.push(Float64Array.from(x));
      return rosenbrock(x, gradient);
    };
    const start = Float64Array.of(-1.2, 1, -1.2, 1, 3, 3);
    let before = { x: start, value: rosenbrock(start, new Float64Array(6)) };
    for (let mostSteps = 1; mostSteps < 100; mostSteps++) {
      const after = minimise(recorded, start, { ...OPTIONS, groupSize: 2, longestStep: 0.1, mostSteps });
      const moved = after.x.map((x, i) => x - before.x[i]);
      expect(longestGroup(moved, 2)).toBeLessThanOrEqual(0.1 + 1e-12);
      expect(after.value).toBeLessThanOrEqual(before.value);
      before = { x: Float64Array.from(after.x), value: after.value };
    }
    expect(before.value).toBeLessThan(1e-9);
    expect(places.length).toBeLessThan(100 * 100);
  });

  it('gets below the rounding of the value: a minimum of 1e6 still has its place', () => {
    const lifted: Objective = (x, gradient) => 1e6 + rosenbrock(x, gradient);
    const minimum = minimise(lifted, Float64Array.of(-1.2, 1), { ...OPTIONS, gradientTolerance: 1e-8 });
    expect(minimum.outcome).toBe('converged');
    expect(farthestFromOne(minimum.x)).toBeLessThan(1e-7);
  });

  it('steps back from where the function is not finite', () => {
    const barrier: Objective = (x, gradient) => {
      gradient[0] = 1 - 1 / x[0];
      return x[0] - Math.log(x[0]);
    };
    for (const start of [1e-3, 0.2, 40]) {
      const minimum = minimise(barrier, Float64Array.of(start), OPTIONS);
      expect(minimum.outcome).toBe('converged');
      expect(farthestFromOne(minimum.x)).toBeLessThan(1e-8);
    }
  });

  it('steps back from where only the gradient is not finite, as for atoms that coincide', () => {
    const hole: Objective = (x, gradient) => {
      const isInside = Math.abs(x[0] - 0.8) < 0.05;
      gradient[0] = isInside ? Number.NaN : 2 * (x[0] - 1);
      return isInside ? -1 : (x[0] - 1) * (x[0] - 1);
    };
    const minimum = minimise(hole, Float64Array.of(1.2), OPTIONS);
    expect(minimum).toMatchObject({ outcome: 'converged' });
    expect(farthestFromOne(minimum.x)).toBeLessThan(1e-8);
  });

  it('begins afresh where what it learned leads nowhere', () => {
    let evaluations = 0;
    const interrupted: Objective = (x, gradient) => {
      evaluations += 1;
      // as many failures as a line search has trials
      return evaluations > 20 && evaluations <= 50 ? Number.NaN : rosenbrock(x, gradient);
    };
    expect(minimise(interrupted, Float64Array.of(-1.2, 1), OPTIONS).outcome).toBe('converged');
    expect(evaluations).toBeGreaterThan(50);
  });

  it('ends whatever the function does', () => {
    const slope: Objective = (x, gradient) => {
      gradient[0] = -1;
      return -x[0];
    };
    expect(minimise(slope, Float64Array.of(0), { ...OPTIONS, mostSteps: 50 }).outcome).toBe('noProgress');
    expect(minimise(slope, Float64Array.of(0), { ...OPTIONS, longestStep: 1, mostSteps: 50 })).toMatchObject({
      outcome: 'tooManySteps',
      steps: 50,
      value: -50,
    });
    const wrongGradient: Objective = (x, gradient) => {
      gradient[0] = -2 * x[0];
      return x[0] * x[0];
    };
    expect(minimise(wrongGradient, Float64Array.of(3), OPTIONS)).toMatchObject({ outcome: 'noProgress', value: 9 });
    const notANumber: Objective = (_, gradient) => {
      gradient.fill(Number.NaN);
      return Number.NaN;
    };
    expect(minimise(notANumber, Float64Array.of(3), OPTIONS)).toMatchObject({ outcome: 'noProgress', steps: 0 });
    const corner: Objective = (x, gradient) => {
      gradient[0] = x[0] < 1 / 3 ? -1 : 1;
      return Math.abs(x[0] - 1 / 3);
    };
    expect(minimise(corner, Float64Array.of(3), OPTIONS).outcome).not.toBe('converged');
  });
});

const parabola: Objective = (x, gradient) => {
  gradient[0] = 2 * x[0];
  return x[0] * x[0];
};

function parabolaAt(x: number): { x: Float64Array; gradient: Float64Array; value: number } {
  return { x: Float64Array.of(x), gradient: Float64Array.of(2 * x), value: x * x };
}

describe('searchLine', () => {
  it('accepts a step that satisfies Wolfe’s conditions and fills in where it ends', () => {
    for (const first of [1e-6, 0.1, 3, 1e6]) {
      const to = parabolaAt(0);
      expect(searchLine(parabola, parabolaAt(3), Float64Array.of(-1), first, 1e9, to)).toBe(true);
      expect(to).toEqual(parabolaAt(to.x[0]));
      expect(to.value).toBeLessThanOrEqual(9 - 1e-4 * 6 * (3 - to.x[0]));
      expect(-2 * to.x[0]).toBeGreaterThanOrEqual(0.9 * -6);
    }
  });

  it('finds nothing uphill or along a direction that is no number', () => {
    for (const direction of [1, 0, Number.NaN]) {
      expect(searchLine(parabola, parabolaAt(3), Float64Array.of(direction), 1e-9, 1, parabolaAt(0))).toBe(false);
    }
  });
});

describe('Curvature', () => {
  it('learns where the function is convex only', () => {
    const curvature = new Curvature(1);
    const direction = new Float64Array(1);
    curvature.learn(parabolaAt(3), { ...parabolaAt(2), gradient: Float64Array.of(7) });
    expect(curvature.isEmpty).toBe(true);
    expect(curvature.forget()).toBe(false);
    curvature.learn(parabolaAt(3), parabolaAt(2));
    curvature.direction(Float64Array.of(4), direction);
    expect(direction[0]).toBe(-2);
    expect(curvature.forget()).toBe(true);
    curvature.direction(Float64Array.of(4), direction);
    expect(direction[0]).toBe(-4);
  });
});
