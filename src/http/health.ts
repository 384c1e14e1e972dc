import { type Response, Router } from 'express';
import { NatriumError } from '../errors.ts';
import type { Log } from '../logging.ts';
import type { Operations } from '../registry/operations.ts';

/** What does not answer in this time counts as missing. */
const PATIENCE_MS = 3000;
/** Probes that come faster get the answer of the last. */
const FRESH_MS = 1000;

type Finding = string | null;

/**
 * `/livez`: this process answers. `/readyz`: so does all that it needs, else 503 and what is missing, as JSON; that no worker
 * takes jobs is a warning, since requests are answered all the same. Both are for probes, which name the server as they like
 * and have no token, so they tell no more than that.
 */
export class Health {
  private stopping = false;
  private readonly checks: Readonly<Record<string, Check>>;
  private readonly sameArtifacts: Check;
  private readonly workers: Check;

  constructor(operations: Operations, log: Log) {
    this.checks = {
      database: new Check('the database', log, () => operations.checkDatabase()),
      migrations: new Check('the schema of the database', log, () => operations.checkMigrations()),
      artifactStore: new Check('the artifact store', log, () => operations.checkArtifacts()),
    };
    this.sameArtifacts = new Check('the artifact store', log, () => operations.checkSameArtifacts());
    this.workers = new Check('workers', log, async () => {
      if ((await operations.workers()) === 0) throw new NatriumError('UNAVAILABLE', 'no worker takes jobs: they wait');
    });
  }

  /** From now on the server is not ready: whoever distributes requests sends them elsewhere. */
  stop(): void {
    this.stopping = true;
  }

  router(): Router {
    const router = Router();
    router.get('/livez', (_request, response) => void response.type('text/plain').send('ok\n'));
    router.get('/readyz', (_request, response) => this.answer(response));
    return router;
  }

  private async answer(response: Response): Promise<void> {
    const missing: Record<string, string> = {};
    const look = async (name: string, check: Check) => {
      const finding = await check.finding();
      if (finding !== null) missing[name] = finding;
    };
    const [workers, sameArtifacts] = await Promise.all([
      this.workers.finding(),
      this.sameArtifacts.finding(),
      ...Object.entries(this.checks).map(([name, check]) => look(name, check)),
    ]);
    // without the database nobody knows
    if (sameArtifacts !== null && !('database' in missing)) missing.artifactStore ??= sameArtifacts;
    if (this.stopping) missing.server = 'it is stopping';
    const isReady = Object.keys(missing).length === 0;
    const warnings = workers === null || 'database' in missing ? {} : { workers };
    response
      .status(isReady ? 200 : 503)
      .set('cache-control', 'no-store')
      .json({ status: isReady ? 'ready' : 'not ready', missing, warnings });
  }
}

/** One thing that is looked at, by one at a time however many ask. */
class Check {
  private running: Promise<Finding> | null = null;
  private last: { readonly finding: Finding; readonly at: number } | null = null;

  constructor(
    private readonly what: string,
    private readonly log: Log,
    private readonly look: () => Promise<void>,
  ) {}

  /** What is wrong; null if nothing is. */
  async finding(): Promise<Finding> {
    if (this.last !== null && performance.now() - this.last.at < FRESH_MS) return this.last.finding;
    this.running ??= this.run();
    let impatience: NodeJS.Timeout | undefined;
    const late = new Promise<Finding>((resolve) => {
      impatience = setTimeout(() => resolve(`no answer within ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
    });
    return Promise.race([this.running, late]).finally(() => clearTimeout(impatience));
  }

  private async run(): Promise<Finding> {
    const finding = await this.look().then(
      () => null,
      (error) => this.reasonOf(error),
    );
    if (finding !== null && finding !== this.last?.finding) this.log.warn(`${this.what}: ${finding}`);
    if (finding === null && typeof this.last?.finding === 'string')
      this.log.info(`${this.what}: as it should be again`);
    this.last = { finding, at: performance.now() };
    this.running = null;
    return finding;
  }

  private reasonOf(error: unknown): string {
    if (error instanceof NatriumError) return error.message;
    this.log.error(`${this.what} cannot be checked`, { error });
    return 'it cannot be checked; the log of the server says why';
  }
}
