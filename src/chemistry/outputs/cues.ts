import { FieldError } from './fields.ts';
import type { Job } from './job.ts';
import { afterBlanks, type LineVisitor, SLOTS, slotOf } from './line-scanner.ts';

/** A table or block of an output that is read line by line. */
export interface Section {
  /** Reads a line; `false` says that the section ended before it, so that the line may begin something else. */
  take(text: string): boolean;
}

/** A line that matters, by how it begins after blanks, and what to do about it: perhaps begin a section. */
export interface Cue {
  readonly start: string;
  /** Whether it also counts on a last line that has no end. */
  readonly endsFile?: true;
  see(text: string): Section | null;
}

/** What one program's output looks like. */
export interface Dialect {
  readonly cues: readonly Cue[];
}

/** What to do about a line that begins no section. */
export function note(act: (text: string) => unknown): Cue['see'] {
  return (text) => {
    act(text);
    return null;
  };
}

/** Cues for lines that begin differently and mean the same. */
export function alike(starts: readonly string[], see: Cue['see']): Cue[] {
  return starts.map((start) => ({ start, see }));
}

const NO_CUES: readonly Cue[] = [];
const UTF8 = new TextDecoder('utf-8', { fatal: true });
/** The characters of the bytes 0x80 to 0x9f, by which Windows-1252 differs from Latin-1; Node's decoder mixes them up. */
const WINDOWS_1252 =
  '\u20ac\ufffd\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\ufffd\u017d\ufffd' +
  '\ufffd\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\ufffd\u017e\u0178';

/** Outputs are ASCII but for what their users wrote, in whatever encoding these used. */
function decodeLine(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('latin1', start, end);
  if (!/[\u0080-\u00ff]/.test(text)) return text;
  try {
    return UTF8.decode(bytes.subarray(start, end));
  } catch {
    return text.replaceAll(/[\u0080-\u009f]/g, (byte) => WINDOWS_1252[byte.charCodeAt(0) - 0x80]);
  }
}

/** Nearly always none, and then nothing is made. */
function startingCues(group: readonly Cue[], bytes: Buffer, first: number, end: number): readonly Cue[] {
  for (const cue of group) {
    if (beginsWith(bytes, first, end, cue.start)) {
      return group.filter(({ start }) => beginsWith(bytes, first, end, start));
    }
  }
  return NO_CUES;
}

function beginsWith(bytes: Buffer, at: number, end: number, start: string): boolean {
  if (end - at < start.length) return false;
  for (let k = 0; k < start.length; k++) {
    if (bytes[at + k] !== start.charCodeAt(k)) return false;
  }
  return true;
}

/**
 * Hands the lines of an output to the cues of its dialect and to the section that a cue began. Outside sections only lines
 * that begin like a cue are decoded; of most others it looks at two bytes.
 */
export class CueReader implements LineVisitor {
  /** Cues that share the slot of their first two bytes; a slot holds the number of its group, or 0. */
  private readonly groups: Cue[][] = [[]];
  readonly slots = new Uint8Array(SLOTS);
  private section: Section | null = null;

  constructor(
    { cues }: Dialect,
    private readonly job: Job,
  ) {
    for (const cue of cues) {
      const slot = slotOf(cue.start.charCodeAt(0), cue.start.charCodeAt(1));
      if (this.slots[slot] === 0) this.slots[slot] = this.groups.push([]) - 1;
      this.groups[this.slots[slot]].push(cue);
    }
  }

  read(bytes: Buffer, start: number, end: number, number: number, whole: boolean): boolean {
    const first = afterBlanks(bytes, start, end);
    const group = first + 1 < end ? this.slots[slotOf(bytes[first], bytes[first + 1])] : 0;
    const cues = group === 0 ? NO_CUES : startingCues(this.groups[group], bytes, first, end);
    if (this.section !== null || cues.length > 0) {
      this.job.line = number;
      if (!whole) this.section = null;
      this.readText(decodeLine(bytes, start, end), cues, whole);
    }
    return this.section !== null;
  }

  /** The file has ended, with this line. */
  finish(lastLine: number): void {
    this.job.line = lastLine;
    this.section = null;
  }

  private readText(text: string, cues: readonly Cue[], whole: boolean): void {
    try {
      if (this.section !== null) {
        if (this.section.take(text)) return;
        this.section = null;
      }
      this.section = look(text.trim(), cues, whole);
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      this.section = null;
      this.job.spoil({ line: this.job.line, code: error.code, message: error.message });
    }
  }
}

/** The section that the line begins, if any. */
function look(text: string, cues: readonly Cue[], whole: boolean): Section | null {
  for (const cue of cues) {
    if (whole || cue.endsFile) {
      const section = cue.see(text);
      if (section !== null) return section;
    }
  }
  return null;
}
