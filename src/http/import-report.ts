import { pipeline } from 'node:stream/promises';
import express, { type Router } from 'express';
import type { Registry } from '../registry/registry.ts';
import { importReportCsv } from '../resolvers/import-report.ts';

/** `GET /imports/ID/report.csv`, see `importReportCsv`. */
export function importReportRouter(registry: Registry): Router {
  const router = express.Router();
  router.get('/:id/report.csv', async (request, response) => {
    const lines = await importReportCsv(registry, request.params.id);
    response.type('text/csv').attachment('import-report.csv');
    await pipeline(lines, response);
  });
  return router;
}
