import { Router } from 'express';
import { type GraphQLSchema, graphql } from 'graphql';
import { NatriumError } from '../errors.ts';
import type { Caller } from '../registry/caller.ts';
import type { Question } from '../report/figure.ts';
import { REPORT_SECURITY_POLICY } from '../report/security-policy.ts';
import type { RequestContext } from '../resolvers/context.ts';
import { causeOf } from './graphql-errors.ts';

export interface StudyReportOptions {
  readonly schema: GraphQLSchema;
  readonly contextOf: (caller: Caller, host: string) => RequestContext;
}

/** `GET /studies/ID/report.html`: a page that runs no script and asks for nothing, made by queries as callers send them. */
export function studyReportRouter({ schema, contextOf }: StudyReportOptions): Router {
  const router = Router();
  router.get('/:id/report.html', async (request, response) => {
    const context = contextOf(response.locals.caller as Caller, request.headers.host!);
    // what draws charts is large, and few servers are ever asked for them
    const { studyReport } = await import('../report/report.ts');
    const html = await studyReport(
      (question) => ask(schema, context, question),
      request.params.id,
      context.server.version,
    );
    response
      .set({
        'Content-Security-Policy': REPORT_SECURITY_POLICY,
        'X-Content-Type-Options': 'nosniff',
        'Referrer-Policy': 'no-referrer',
        'Cache-Control': 'no-cache',
      })
      .type('text/html')
      .send(html);
  });
  return router;
}

async function ask(schema: GraphQLSchema, context: RequestContext, { query, variables }: Question): Promise<unknown> {
  const { data, errors } = await graphql({
    schema,
    source: query,
    variableValues: { ...variables },
    contextValue: context,
  });
  if (errors === undefined) return data;
  const causes = errors.map(causeOf);
  throw causes.find((cause) => cause instanceof NatriumError) ?? causes[0];
}
