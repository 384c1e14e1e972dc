import type { Matrix } from '../matrix.ts';

/** A column whose share not explained by the active ones has less than this squared length counts as dependent on them. */
export const DEPENDENT = 1e-12;

/** Cholesky factor L of the active rows and columns of a Gram matrix, G_AA = L L^T, kept while variables come and go. */
export class ActiveFactor {
  /** The active variables in the order of the factor's rows. */
  variables: number[] = [];
  /** Row k holds k + 1 numbers. */
  private rows: Float64Array[] = [];

  constructor(private readonly gram: Matrix) {}

  get size(): number {
    return this.variables.length;
  }

  /** Adds a variable; false, and no change, if its column depends linearly on the active ones. */
  append(variable: number): boolean {
    const row = this.forward(this.crossGram(variable));
    let rest = this.gram.data[variable * this.gram.columns + variable];
    for (const value of row) {
      rest -= value * value;
    }
    if (rest <= DEPENDENT) {
      return false;
    }
    this.push(variable, row, rest);
    return true;
  }

  /** Takes the variable at a position out: plane rotations make the rows after it triangular again. */
  remove(position: number): void {
    this.variables.splice(position, 1);
    this.rows.splice(position, 1);
    const cosines: number[] = [];
    const sines: number[] = [];
    for (let i = position; i < this.size; i++) {
      const row = this.rows[i];
      for (let j = position; j <= i; j++) {
        const [left, right] = [row[j], row[j + 1]];
        if (j === i) {
          const length = Math.sqrt(left * left + right * right);
          cosines.push(left / length);
          sines.push(right / length);
          row[j] = length;
        } else {
          const [c, s] = [cosines[j - position], sines[j - position]];
          row[j] = c * left + s * right;
          row[j + 1] = c * right - s * left;
        }
      }
      this.rows[i] = row.subarray(0, i + 1);
    }
  }

  /** Computes the factor anew, which takes out the rounding of all changes. */
  renew(): void {
    const variables = this.variables;
    this.variables = [];
    this.rows = [];
    for (const variable of variables) {
      const row = this.forward(this.crossGram(variable));
      let rest = this.gram.data[variable * this.gram.columns + variable];
      for (const value of row) {
        rest -= value * value;
      }
      // each was independent when it came, so only rounding can bring it below the bound
      this.push(variable, row, Math.max(rest, DEPENDENT));
    }
  }

  /** Solves G_AA x = b. */
  solve(b: Float64Array): Float64Array {
    const x = this.forward(b);
    for (let k = this.size - 1; k >= 0; k--) {
      const row = this.rows[k];
      const value = x[k] / row[k];
      x[k] = value;
      for (let m = 0; m < k; m++) {
        x[m] -= row[m] * value;
      }
    }
    return x;
  }

  /** The x for which the active columns times x come nearest to the variable's column, G_AA x = G_Aj. */
  dependence(variable: number): Float64Array {
    return this.solve(this.crossGram(variable));
  }

  /** The squared length of what the other active columns do not explain of the one at a position. */
  independence(position: number): number {
    const unit = new Float64Array(this.size);
    unit[position] = 1;
    return 1 / this.solve(unit)[position];
  }

  private push(variable: number, row: Float64Array, rest: number): void {
    const longer = new Float64Array(row.length + 1);
    longer.set(row);
    longer[row.length] = Math.sqrt(rest);
    this.variables.push(variable);
    this.rows.push(longer);
  }

  private crossGram(variable: number): Float64Array {
    const { data, columns } = this.gram;
    return Float64Array.from(this.variables, (active) => data[variable * columns + active]);
  }

  /** Solves L y = b. */
  private forward(b: Float64Array): Float64Array {
    const y = new Float64Array(b.length);
    for (let k = 0; k < b.length; k++) {
      const row = this.rows[k];
      let rest = b[k];
      for (let m = 0; m < k; m++) {
        rest -= row[m] * y[m];
      }
      y[k] = rest / row[k];
    }
    return y;
  }
}
