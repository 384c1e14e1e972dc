import type { Panel } from './chart.ts';
import type { Study } from './study-query.ts';

/** An exact request to the API. */
export interface Question {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Panels that belong together, one above the other, under one title. */
export interface Block {
  readonly title: string | null;
  readonly note: string | null;
  readonly panels: readonly Panel[];
}

export interface LegendEntry {
  readonly colour: 'calculated' | 'predicted' | 'curve';
  readonly isLine: boolean;
  readonly text: string;
}

/** What of a figure is drawn from the answer to its question. Texts are plain, not HTML. */
export interface Drawing {
  /** How the blocks lie: many or three beside each other where there is room, or one that is wide or square. */
  readonly layout: 'many' | 'three' | 'one' | 'square';
  readonly blocks: readonly Block[];
  readonly caption: string;
  readonly legend: readonly LegendEntry[];
}

/** One of the paper's figures, for any study. */
export interface Figure {
  readonly number: number;
  readonly title: string;
  /** The request that gives its data; or why this study has none. */
  question(study: Study): Question | { readonly missing: string };
  draw(answer: unknown, study: Study): Drawing;
}

/** A figure whose answer has the type that its query gives it. */
export function figure<Answer>(it: Omit<Figure, 'draw'> & { draw(answer: Answer, study: Study): Drawing }): Figure {
  return it as Figure;
}
