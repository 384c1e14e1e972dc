import { METHODS } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Log } from '../logging.ts';
import type { Operations } from '../registry/operations.ts';
import type { Operation } from './operations.ts';

/** From a row of the database to an import of some MB. */
const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** A database that does not answer in this time is away: Prometheus itself waits for 10 s. */
const PATIENCE_MS = 4000;

export interface RequestFacts {
  readonly route: string;
  readonly method: string;
  /** Of the answer; `aborted` if the caller went away before it was whole. */
  readonly status: string;
  readonly seconds: number;
}

/** What is open now: WebSockets, and the subscriptions over them. */
export interface SubscriptionCounts {
  readonly connections: number;
  readonly subscriptions: number;
}

/**
 * What Prometheus scrapes of a server. Labels take few values whatever is asked: routes, methods and statuses of HTTP, root fields
 * of the schema, codes of errors, kinds of jobs.
 */
export class Metrics {
  private readonly registry = new Registry();
  private readonly requests = this.histogram(
    'natrium_http_request_duration_seconds',
    'Requests by HTTP, until the answer was sent or given up',
    ['route', 'method', 'status'],
  );
  private readonly operations = this.histogram(
    'natrium_graphql_operation_duration_seconds',
    'GraphQL operations by root field; the outcome is ok or the code of the first error',
    ['operation', 'type', 'outcome'],
  );
  private readonly databaseUp = this.gauge(
    'natrium_database_up',
    'Whether the database answered; if not, what it knows is left out',
  );
  private readonly connections = this.gauge(
    'natrium_database_connections',
    'Connections of the pool of this process, and requests that wait for one',
    ['state'],
  );
  private readonly webSockets = this.gauge('natrium_websockets', 'WebSockets that are open');
  private readonly subscriptions = this.gauge('natrium_subscriptions', 'Subscriptions that are held over WebSockets');
  private readonly jobs = this.gauge('natrium_jobs', 'Jobs by kind that wait or run', ['kind', 'state']);
  private readonly oldestJob = this.gauge(
    'natrium_oldest_waiting_job_seconds',
    'How long the job of a kind that waits longest has been waiting',
    ['kind'],
  );
  private readonly trials = this.gauge('natrium_running_trials', 'Trials that train');
  private readonly steps = this.gauge(
    'natrium_training_steps_per_second',
    'Mini-batches of SchNet and alphas of Lasso a second, of all trials that train',
  );
  private readonly workers = this.gauge('natrium_workers', 'Workers that take jobs, on whatever machine');
  private asking: Promise<void> | null = null;

  constructor(
    private readonly system: Operations,
    private readonly subscriptionCounts: () => SubscriptionCounts,
    private readonly log: Log,
  ) {
    collectDefaultMetrics({ register: this.registry });
  }

  request({ route, method, status, seconds }: RequestFacts): void {
    this.requests.observe({ route, method: METHODS.includes(method) ? method : 'other', status }, seconds);
  }

  operation({ field, type, outcome }: Operation, seconds: number): void {
    this.operations.observe({ operation: field, type, outcome }, seconds);
  }

  /** `GET /metrics` in Prometheus' text format. */
  readonly handler: RequestHandler = async (_request, response) => {
    for (const [state, count] of Object.entries(this.system.pool())) this.connections.set({ state }, count);
    const { connections, subscriptions } = this.subscriptionCounts();
    this.webSockets.set(connections);
    this.subscriptions.set(subscriptions);
    this.asking ??= this.askDatabase().finally(() => {
      this.asking = null;
    });
    await Promise.race([this.asking, this.giveUp()]);
    response.type(this.registry.contentType).send(await this.registry.metrics());
  };

  private async askDatabase(): Promise<void> {
    try {
      const [queues, trials, workers] = await Promise.all([
        this.system.queues(),
        this.system.runningTrials(),
        this.system.workers(),
      ]);
      for (const { kind, waiting, running, oldestWaitingSeconds } of queues) {
        this.jobs.set({ kind, state: 'waiting' }, waiting);
        this.jobs.set({ kind, state: 'running' }, running);
        this.oldestJob.set({ kind }, oldestWaitingSeconds);
      }
      this.trials.set(trials.count);
      this.steps.set(trials.stepsPerSecond);
      this.workers.set(workers);
      this.databaseUp.set(1);
    } catch (error) {
      this.log.warn(`metrics lack what the database knows: ${(error as Error).message}`);
      this.forgetDatabase();
    }
  }

  private async giveUp(): Promise<void> {
    await delay(PATIENCE_MS, undefined, { ref: false });
    if (this.asking !== null) this.forgetDatabase();
  }

  /** Old numbers would look like new ones. */
  private forgetDatabase(): void {
    this.databaseUp.set(0);
    // a gauge without labels keeps a zero when it is reset
    for (const gauge of [this.jobs, this.oldestJob]) gauge.reset();
    for (const gauge of [this.trials, this.steps, this.workers]) gauge.remove();
  }

  private histogram<L extends string>(name: string, help: string, labelNames: readonly L[]): Histogram<L> {
    return new Histogram({ name, help, labelNames: [...labelNames], buckets: SECONDS, registers: [this.registry] });
  }

  private gauge<L extends string>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }
}
