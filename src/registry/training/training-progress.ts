import type { CurvePoint } from '../../ml/model.ts';
import { Bell, following, unlessAway } from '../following.ts';
import type { Changes, Store } from '../ports.ts';
import type { TrainingRun, Trial } from '../records.ts';
import { findRun, isOpen } from '../work/run-state.ts';

/** Points in one update: bounds what is held for a watcher, however far behind it is. */
const MOST_POINTS = 5000;

/** What is new of a training run: its record, and of each trial with news its record and the points that were not told yet. */
export interface TrainingRunUpdate {
  readonly run: TrainingRun;
  readonly trials: readonly { readonly trial: Trial; readonly points: readonly CurvePoint[] }[];
}

/** Follows training runs for those who watch them. */
export class TrainingProgress {
  constructor(
    private readonly store: Store,
    private readonly changes: Changes,
  ) {}

  /**
   * Updates of a run until it has ended and all is told. The first one holds what there is; from then on each epoch comes once,
   * in order, as many together as were made since the watcher took the update before. Nothing is lost when the database is
   * away for a while. An epoch that is trained again, because a worker was lost, is told once.
   *
   * @throws NatriumError NOT_FOUND, before the first update
   */
  async follow(runId: string): Promise<AsyncIterableIterator<TrainingRunUpdate>> {
    await findRun(this.store, runId);
    return following((stopped) => this.updates(runId, stopped));
  }

  private async *updates(runId: string, stopped: AbortSignal): AsyncGenerator<TrainingRunUpdate, undefined, void> {
    const bell = new Bell();
    stopped.addEventListener('abort', () => bell.ring());
    const stopWatching = this.changes.watch(runId, () => bell.ring());
    const reader = new NewsReader(this.store, runId);
    try {
      while (!stopped.aborted) {
        const news = await reader.read().catch(unlessAway);
        if (news?.update) yield news.update;
        if (news?.isLast) return;
        if (!news?.hasMore) await bell.rung();
      }
    } finally {
      stopWatching();
    }
  }
}

interface News {
  /** Null if nothing has changed. */
  readonly update: TrainingRunUpdate | null;
  readonly hasMore: boolean;
  readonly isLast: boolean;
}

/** Reads what is new of one run, and remembers what it has read. */
class NewsReader {
  private run = '';
  private readonly states = new Map<string, string>();
  private readonly steps = new Map<string, number>();

  constructor(
    private readonly store: Store,
    private readonly runId: string,
  ) {}

  async read(): Promise<News> {
    // the run first: what is read after it is at least as new, so a run that has ended has all its points
    const run = await findRun(this.store, this.runId);
    const states = await this.store.trialStates(this.runId);
    const changed = states.filter((state) => this.states.get(state.id) !== textOf(state));
    const asked = states.filter((state) => isOpen(state) || changed.includes(state));
    const points = await this.store.trialCurves.behind(
      asked.map(({ id }) => ({ trialId: id, step: this.steps.get(id) ?? 0 })),
      MOST_POINTS,
    );
    const hasMore = points.length === MOST_POINTS;
    const pointsOf = new Map<string, CurvePoint[]>(changed.map(({ id }) => [id, []]));
    for (const { trialId, point } of points) {
      const those = pointsOf.get(trialId);
      if (those === undefined) pointsOf.set(trialId, [point]);
      else those.push(point);
    }
    const trials = await this.store.trials.getMany([...pointsOf.keys()]);
    const isNew = this.run !== textOf(run) || trials.length > 0;

    this.run = textOf(run);
    for (const { trialId, step } of points) this.steps.set(trialId, step);
    // a trial is asked again until all its points are read
    if (!hasMore) for (const state of changed) this.states.set(state.id, textOf(state));
    const update = { run, trials: trials.map((trial) => ({ trial: trial!, points: pointsOf.get(trial!.id)! })) };
    return { update: isNew ? update : null, hasMore, isLast: !hasMore && !isOpen(run) };
  }
}

/** What makes a change of a run or a trial worth telling, beside its points. */
function textOf({ state, failure, attempt }: Partial<Pick<Trial, 'state' | 'failure' | 'attempt'>>): string {
  return JSON.stringify([state, failure, attempt]);
}
