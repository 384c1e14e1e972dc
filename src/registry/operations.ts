/** The jobs of one kind. */
export interface QueueDepth {
  readonly kind: string;
  readonly waiting: number;
  readonly running: number;
  /** How long the one that waits longest has been waiting; 0 if none does. */
  readonly oldestWaitingSeconds: number;
}

export interface RunningTrials {
  readonly count: number;
  /** Mini-batches (SchNet) and alphas (Lasso) a second, of all that run together. */
  readonly stepsPerSecond: number;
}

/** Connections to the database that this process holds, and those who wait for one. */
export interface PoolState {
  readonly busy: number;
  readonly idle: number;
  readonly waiting: number;
}

/** What those who run the servers ask for. */
export interface Operations {
  queues(): Promise<readonly QueueDepth[]>;
  runningTrials(): Promise<RunningTrials>;
  /** How many take jobs. */
  workers(): Promise<number>;
  pool(): PoolState;
  /** @throws NatriumError UNAVAILABLE if the database does not answer */
  checkDatabase(): Promise<void>;
  /** @throws NatriumError INVALID_STATE if this program and the database are of different schema versions */
  checkMigrations(): Promise<void>;
  /** @throws NatriumError UNAVAILABLE if artifacts cannot be written and read */
  checkArtifacts(): Promise<void>;
  /** Needs the database as well. @throws NatriumError INVALID_STATE if the artifact store is another than the database speaks of */
  checkSameArtifacts(): Promise<void>;
}
