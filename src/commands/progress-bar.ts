import type { Log } from '../composition.ts';
import { nowAndThen } from './follow.ts';

/** Between two lines where there is no terminal. */
const PAUSE_MS = 30_000;
const BAR_WIDTH = 30;
const ERASE_LINE = '\r\u001b[2K';

export interface Progress {
  /** 0 to 1. */
  readonly share: number;
  readonly text: string;
}

/** One line that is written anew on a terminal; elsewhere a line now and then. */
export class ProgressBar {
  private readonly line: (progress: Progress) => void;

  constructor(
    private readonly terminal: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown },
    log: Log,
  ) {
    this.line = terminal.isTTY
      ? (progress) => void terminal.write(`${ERASE_LINE}${barOf(progress).slice(0, widthOf(terminal) - 1)}`)
      : nowAndThen(PAUSE_MS, ({ share, text }: Progress) => log(`${percent(share)} ${text}`));
  }

  show(progress: Progress): void {
    this.line(progress);
  }

  /** Takes the line away, so that what is printed next begins on its own. */
  end(): void {
    if (this.terminal.isTTY) this.terminal.write(ERASE_LINE);
  }
}

/** Terminals that do not know how wide they are say 0 or nothing. */
function widthOf({ columns }: { readonly columns?: number }): number {
  return columns || 80;
}

function barOf({ share, text }: Progress): string {
  const done = Math.floor(share * BAR_WIDTH);
  return `[${'#'.repeat(done)}${'.'.repeat(BAR_WIDTH - done)}] ${percent(share).padStart(5)}  ${text}`;
}

function percent(share: number): string {
  return `${Math.floor(100 * share)} %`;
}
