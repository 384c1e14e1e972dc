import type { Matrix } from '../matrix.ts';

/** A column whose share not explained by the active ones has less than this squared length counts as dependent on them. */
const DEPENDENT = 1e-12;

/** Cholesky factor L of the active rows and columns of a Gram matrix, G_AA = L L^T, kept while variables come and go. */
export class ActiveFactor {
  /** The active variables in the order of the factor's rows. */
  readonly variables: number[] = [];
  /** Row k holds k + 1 numbers. */
  private readonly rows: Float64Array[] = [];

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
    this.variables.push(variable);
    this.rows.push(Float64Array.of(...row, Math.sqrt(rest)));
    return true;
  }

  /** Takes the variable at a position out; the rows after it are computed anew, which loses no accuracy over many changes. */
  remove(position: number): void {
    const later = this.variables.splice(position).slice(1);
    this.rows.length = position;
    for (const variable of later) {
      const row = this.forward(this.crossGram(variable));
      let rest = this.gram.data[variable * this.gram.columns + variable];
      for (const value of row) {
        rest -= value * value;
      }
      this.variables.push(variable);
      // it was independent of more columns than now, so only rounding can bring it below the bound
      this.rows.push(Float64Array.of(...row, Math.sqrt(Math.max(rest, DEPENDENT))));
    }
  }

  /** Solves G_AA x = b. */
  solve(b: Float64Array): Float64Array {
    const x = this.forward(b);
    for (let k = this.size - 1; k >= 0; k--) {
      const row = this.rows[k];
      x[k] /= row[k];
      for (let m = 0; m < k; m++) {
        x[m] -= row[m] * x[k];
      }
    }
    return x;
  }

  /** The x for which the active columns times x come nearest to the variable's column, G_AA x = G_Aj. */
  dependence(variable: number): Float64Array {
    return this.solve(this.crossGram(variable));
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
