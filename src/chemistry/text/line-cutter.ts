/** Most characters of a line in a format of lines. */
export const LONGEST_LINE_CHARACTERS = 1024 * 1024;

/**
 * Cuts the lines of a text that comes in parts to one character more than they may have, so that a line without end costs
 * no memory and its reader still sees that it is too long.
 */
export class LineCutter {
  /** Characters kept of the line that the next part goes on with. */
  private kept = 0;

  constructor(private readonly longest = LONGEST_LINE_CHARACTERS) {}

  push(text: string): string {
    if (this.kept + text.length <= this.longest) {
      const newline = text.lastIndexOf('\n');
      this.kept = newline < 0 ? this.kept + text.length : text.length - newline - 1;
      return text;
    }
    const parts: string[] = [];
    for (let from = 0; from < text.length; ) {
      const reach = from + this.longest + 1 - this.kept;
      const newline = text.lastIndexOf('\n', reach);
      if (newline >= from) {
        parts.push(text.slice(from, newline + 1));
        this.kept = 0;
        from = newline + 1;
        continue;
      }
      parts.push(text.slice(from, reach));
      this.kept += Math.min(reach, text.length) - from;
      const next = reach < text.length ? text.indexOf('\n', reach) : -1;
      from = next < 0 ? text.length : next;
    }
    return parts.join('');
  }
}
