import { textCell } from '../chemistry/csv/cells.ts';
import type { ImportedItem } from '../registry/records.ts';
import type { Registry } from '../registry/registry.ts';
import { idOf, toGlobalId } from '../schema/ids.ts';

const COLUMNS = 'file,line,label,status,cluster,calculation,error_code,error_message';

/**
 * The report of an import as CSV (RFC 4180): a row for what became of each item so far, in order. Throws NOT_FOUND for an
 * unknown import before the first row.
 */
export async function importReportCsv(registry: Registry, globalId: string): Promise<AsyncGenerator<string>> {
  const importId = idOf('Import', globalId);
  await registry.importRequests.find(importId);
  return lines(registry, importId);
}

async function* lines(registry: Registry, importId: string): AsyncGenerator<string> {
  yield `${COLUMNS}\r\n`;
  for await (const items of registry.importRequests.report(importId)) yield items.map(row).join('');
}

function row({ file, line, label, status, clusterId, calculationId, error }: ImportedItem): string {
  const cells = [
    textCell(file),
    line,
    textCell(label),
    status,
    clusterId === null ? '' : toGlobalId('Cluster', clusterId),
    calculationId === null ? '' : toGlobalId('Calculation', calculationId),
    error?.code ?? '',
    textCell(error?.message ?? null),
  ];
  return `${cells.join(',')}\r\n`;
}
