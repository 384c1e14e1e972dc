/** What is said again and again is told once, until nobody has said it for so long. */
const QUIET_MS = 30_000;

/** Keeps a log readable while a database is away and everything that needs it says so, several times a second. */
export class SaidOnce {
  private readonly heard = new Map<string, number>();

  /** Whether this is to be told: it was not said a short while ago. */
  isNew(what: string): boolean {
    const now = performance.now();
    for (const [said, at] of this.heard) if (now - at > QUIET_MS) this.heard.delete(said);
    const isNew = !this.heard.has(what);
    this.heard.set(what, now);
    return isNew;
  }
}
