import { type NameTag, parseNameTag } from '../../inputs/name-tag.ts';
import type { Section } from '../cues.ts';
import { quotable } from '../fields.ts';

const RULE = /^\s*-{3,}$/;
const MOST_LINES = 40;

/** What a Gaussian task says of itself before it starts. */
export interface Heading {
  /** The keywords, in lower case. */
  route: string;
  title: string | null;
  nameTag: NameTag | null;
  /** The input follows, in which rules mean other things. */
  isOver: boolean;
}

/**
 * A text between two rules, of which Gaussian prints two before a task: the route (it begins with `#`) and the title.
 * Gaussian breaks a long route anywhere, so its lines are joined as they are.
 */
export class HeadingBox implements Section {
  private text: string | null = null;
  private lines = 0;

  constructor(private readonly heading: Heading) {}

  take(text: string): boolean {
    const line = text.trimEnd();
    this.lines += 1;
    if (RULE.test(line)) {
      this.keep();
      // a rule may end one box and begin the next
      this.text = null;
      this.lines = 0;
      return true;
    }
    if (this.text === null && line.trim() === '') return false;
    if (this.lines > MOST_LINES || /^\s*(Charge =|Symbolic Z-matrix|\d+\/|Leave Link|Cite this)/.test(line))
      return false;
    this.text = (this.text ?? '') + (line.startsWith(' ') ? line.slice(1) : line);
    return true;
  }

  private keep(): void {
    if (this.text === null) return;
    if (this.text.trimStart().startsWith('#')) {
      this.heading.route = this.text.trim().toLowerCase();
    } else {
      this.heading.title = quotable(this.text);
      this.heading.nameTag = parseNameTag(this.text);
    }
  }
}
