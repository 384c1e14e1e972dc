import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../config.ts';
import { NatriumError } from '../errors.ts';

function pathOf(dataFolder: string): string {
  return join(dataFolder, 'server-address');
}

/** Says beside the data where its server listens, for programs on this machine. */
export async function writeServerAddress(dataFolder: string, url: string): Promise<void> {
  const path = pathOf(dataFolder);
  await writeFile(`${path}.new`, `${url}\n`);
  await rename(`${path}.new`, path);
}

export function removeServerAddress(dataFolder: string): Promise<void> {
  return rm(pathOf(dataFolder), { force: true });
}

/** Where the server of a data folder listens; null if none answers there, whatever a killed one left behind. */
export async function readServerAddress(dataFolder: string): Promise<string | null> {
  try {
    const url = (await readFile(pathOf(dataFolder), 'utf8')).trim();
    const response = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(5000) });
    return response.ok ? url : null;
  } catch {
    return null;
  }
}

/** The server that uses the data folder; throws UNAVAILABLE if none runs. */
export async function requireServer(): Promise<string> {
  const { dataFolder } = readConfig(process.env);
  const url = await readServerAddress(dataFolder);
  if (url !== null) return url;
  throw new NatriumError('UNAVAILABLE', `no server runs on the data folder ${dataFolder}; start one with npm start`);
}
