/** What every record says about its making. */
export interface Recorded {
  readonly id: string;
  readonly createdAt: Date;
  readonly createdBy: string;
}

export type Provenance = Readonly<Record<string, string | number | boolean>>;

export const RUN_STATES = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
export type RunState = (typeof RUN_STATES)[number];
