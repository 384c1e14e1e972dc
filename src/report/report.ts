import { setImmediate as others } from 'node:timers/promises';
import { NatriumError } from '../errors.ts';
import type { Drawing, Figure, Question } from './figure.ts';
import { FIGURES } from './figures.ts';
import { type DrawnFigure, reportHtml } from './html.ts';
import { STUDY_QUERY, type Study } from './study-query.ts';

/** Answers a GraphQL request with its data. Throws the NatriumError of a request that is refused. */
export type Ask = (question: Question) => Promise<unknown>;

/**
 * The report of a study: one HTML file that needs nothing else. All it shows are answers to the queries that stand in it. A figure
 * whose query is refused says why instead.
 *
 * @param id global id of the study
 * @param version of Natrium
 * @throws NatriumError NOT_FOUND
 */
export async function studyReport(ask: Ask, id: string, version: string): Promise<string> {
  const { study } = (await ask({ query: STUDY_QUERY, variables: { study: id } })) as { study: Study };
  const figures: DrawnFigure[] = [];
  for (const figure of FIGURES) figures.push(await drawn(ask, figure, study));
  let html = '';
  for (const part of reportHtml(study, figures, version)) {
    html += part;
    await others();
  }
  return html;
}

async function drawn(ask: Ask, figure: Figure, study: Study): Promise<DrawnFigure> {
  const question = figure.question(study);
  if ('missing' in question) return { figure, question: null, result: question };
  let result: Drawing | { readonly missing: string };
  try {
    result = figure.draw(await ask(question), study);
  } catch (error) {
    if (!(error instanceof NatriumError) || error.code === 'UNAVAILABLE') throw error;
    result = { missing: error.message };
  }
  return { figure, question, result };
}
