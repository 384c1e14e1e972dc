import type { Log } from '../logging.ts';
import type { TrialProgress } from '../ml/model.ts';
import type { Trial } from '../registry/records.ts';
import type { Trials } from '../registry/training/trials.ts';
import { NoLongerOurs } from '../registry/work/jobs.ts';
import { SaidOnce } from './said-once.ts';

/** How often a running trial writes its progress and asks whether it is still wanted. */
const REPORT_MS = 1000;

/** Tells the registry of a trial while it runs: one thing after another, each epoch until it is told. */
export class TrialReports {
  private untold: TrialProgress[] = [];
  private telling = Promise.resolve();
  private isReportDue = false;
  private checkpoint: Uint8Array | null = null;
  private readonly losing = new AbortController();
  private readonly said = new SaidOnce();
  private readonly clock = setInterval(() => void this.report(), REPORT_MS);

  constructor(
    private readonly trials: Trials,
    private readonly trial: Trial,
    private readonly log: Log,
  ) {}

  /** Aborts, with NoLongerOurs, when the trial is no longer this worker's. */
  get lost(): AbortSignal {
    return this.losing.signal;
  }

  add(progress: TrialProgress): void {
    this.untold.push(progress);
  }

  /** Settles when everything up to now is told, or could not be. */
  report(): Promise<void> {
    if (this.isReportDue) return this.telling;
    this.isReportDue = true;
    return this.tell('report progress', (made) => {
      this.isReportDue = false;
      return this.trials.report(this.trial, made);
    });
  }

  /** While an earlier one waits for a database or store that hangs, it is the newest alone that will be kept. */
  keep(checkpoint: Uint8Array): Promise<void> {
    const isDue = this.checkpoint !== null;
    this.checkpoint = checkpoint;
    if (isDue) return this.telling;
    return this.tell('keep a checkpoint', async (made) => {
      const newest = this.checkpoint!;
      this.checkpoint = null;
      const isOurs = await this.trials.keepCheckpoint(this.trial, newest, made);
      if (isOurs) this.log.info(`trial ${this.trial.id}: checkpoint kept`);
      return isOurs;
    });
  }

  stop(): void {
    clearInterval(this.clock);
  }

  private tell(what: string, write: (made: readonly TrialProgress[]) => Promise<boolean>): Promise<void> {
    this.telling = this.telling.then(async () => {
      const made = [...this.untold];
      try {
        if (await write(made)) this.untold.splice(0, made.length);
        else this.losing.abort(new NoLongerOurs());
      } catch (error) {
        // the database may be back the next time; the heartbeat decides otherwise
        const why = `trial ${this.trial.id}: cannot ${what}: ${(error as Error).message}`;
        if (this.said.isNew(why)) this.log.warn(why);
      }
    });
    return this.telling;
  }
}
