import type { NatriumError } from '../../errors.ts';
import { FieldError } from './fields.ts';
import type { Job } from './job.ts';

/** A table or block of an output that is read line by line. */
export interface Section {
  /** Reads a line; `false` says that the section ended before it, so that the line may begin something else. */
  take(text: string): boolean;
  /** The section is over because the file, or the program that wrote it, ended. */
  cut?(): void;
  /** A line of the section cannot be right. Unless this is given, the error belongs to the whole step. */
  spoil?(error: NatriumError): void;
}

/** A line that matters, by how it begins after blanks, and what to do about it: perhaps begin a section. */
export interface Cue {
  readonly start: string;
  see(text: string): Section | null;
}

/** What one program's output looks like. */
export interface Dialect {
  readonly cues: readonly Cue[];
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });
const WINDOWS_1252 = new TextDecoder('windows-1252');

/** Outputs are ASCII but for what their users wrote, in whatever encoding these used. */
function decodeLine(bytes: Buffer, start: number, end: number): string {
  const text = bytes.latin1Slice(start, end);
  if (!/[\u0080-\u00ff]/.test(text)) return text;
  const line = bytes.subarray(start, end);
  try {
    return UTF8.decode(line);
  } catch {
    return WINDOWS_1252.decode(line);
  }
}

const SPACE = 32;
const TAB = 9;

/**
 * Hands the lines of an output to the cues of its dialect and to the section that a cue began. Outside sections a line is
 * decoded only if its first two bytes after blanks are those of a cue.
 */
export class CueReader {
  private readonly cuesByTwoBytes: (readonly Cue[] | undefined)[] = new Array(65536);
  private section: Section | null = null;

  constructor(
    { cues }: Dialect,
    private readonly job: Job,
  ) {
    for (const cue of cues) {
      const key = (cue.start.charCodeAt(0) << 8) | cue.start.charCodeAt(1);
      this.cuesByTwoBytes[key] = [...(this.cuesByTwoBytes[key] ?? []), cue];
    }
  }

  readonly visit = (bytes: Buffer, start: number, end: number, number: number): void => {
    if (this.section === null) {
      let first = start;
      while (first < end && (bytes[first] === SPACE || bytes[first] === TAB)) first++;
      if (end - first < 2) return;
      const cues = this.cuesByTwoBytes[(bytes[first] << 8) | bytes[first + 1]];
      if (cues === undefined) return;
    }
    this.job.line = number;
    this.read(decodeLine(bytes, start, end));
  };

  /** The file has ended. */
  finish(): void {
    this.section?.cut?.();
    this.section = null;
  }

  private read(text: string): void {
    try {
      if (this.section !== null) {
        if (this.section.take(text)) return;
        this.section = null;
      }
      this.section = this.look(text.trimStart());
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      const { section } = this;
      this.section = null;
      const fault = this.job.error(error.code, error.message);
      if (section?.spoil) section.spoil(fault);
      else this.job.spoilStep(fault);
    }
  }

  private look(text: string): Section | null {
    const cues = this.cuesByTwoBytes[(text.charCodeAt(0) << 8) | text.charCodeAt(1)] ?? [];
    for (const cue of cues) {
      if (text.startsWith(cue.start)) {
        const section = cue.see(text.trimEnd());
        if (section !== null) return section;
      }
    }
    return null;
  }
}
