import { once } from 'node:events';
import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { createDataset, createVersion, importCalculations } from './api.ts';
import type { TestServer } from './server.ts';

/** What came of a file; `broken` is the error that the connection ended with. */
export interface Download {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly broken: Error | null;
}

export async function download(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Download> {
  const response = await openDownload(url, headers, method);
  const chunks: Buffer[] = [];
  let broken: Error | null = null;
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } catch (error) {
    broken = error as Error;
  }
  return { status: response.statusCode!, headers: response.headers, bytes: Buffer.concat(chunks), broken };
}

/** The answer once its headers are there; its body is the caller's to read or to destroy. */
export async function openDownload(
  url: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<IncomingMessage> {
  const request = get(url, { headers, agent: false, method });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

/** Sodium clusters on a lattice with invented tensors, populations and field gradients; each set of a seed is another. */
export function tensorClusters(count: number, size: number, seed: number): string {
  return Array.from({ length: count }, (_, i) => tensorCluster(i, size, seed)).join('');
}

function tensorCluster(number: number, size: number, seed: number): string {
  let state = (seed * 100_003 + number) >>> 0;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const edge = Math.ceil(Math.cbrt(size));
  const rows = Array.from({ length: size }, (_, atom) => {
    const site = [atom % edge, Math.floor(atom / edge) % edge, Math.floor(atom / edge ** 2)];
    const numbers = [...site.map((each) => 3.5 * each + 0.3 * random()), ...Array.from({ length: 20 }, random)];
    return `Na ${numbers.join(' ')}\n`;
  });
  const split = ['train', 'train', 'validation', 'test'][number % 4];
  const columns = 'species:S:1:pos:R:3:ms_shielding:R:9:gop:R:2:efg:R:9';
  return `${size}\nProperties=${columns} pbc="F F F" id=t-${seed}-${number} split=${split} energy_hartree=-${number}.25 program=invented program_version=1 method=none basis=none gop_labels="3S 3PX" run=${number}\n${rows.join('')}`;
}

/** Imports a file as version 1 of a new data set, split as the file says; answers the version's reference. */
export async function importDataset(server: TestServer, name: string, content: string): Promise<string> {
  const { items, rejected } = await importCalculations(server, content);
  if (rejected > 0) throw new Error(JSON.stringify(items.find((item) => item.error !== null)));
  await createDataset(server, name, { citation: 'Doe, J. Invented (2026)', doi: '10.1234/invented' });
  const calculations = items.map((item) => item.calculation!.id);
  const { reference } = await createVersion(server, { dataset: name, calculations, split: { asGiven: true } });
  return reference;
}
