/** One comparison of ours with an independent program: how far apart, and how far is allowed. */
export interface GoldenRow {
  readonly quantity: string;
  readonly deviation: number;
  readonly tolerance: number;
}

/** Whether a comparison holds; a deviation that is not a number never does. */
export function isWithinTolerance(row: GoldenRow): boolean {
  return row.deviation <= row.tolerance;
}
