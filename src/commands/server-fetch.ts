import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../config.ts';

const UNAUTHORISED = 401;

/** Asks the server that uses the data folder, with the admin token that lies there if the server wants one. */
export async function serverFetch(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, init);
  if (response.status !== UNAUTHORISED) return response;
  const token = await readAdminToken();
  if (token === null) return response;
  await response.body?.cancel();
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${token}`);
  return fetch(url, { ...init, headers });
}

async function readAdminToken(): Promise<string | null> {
  const { dataFolder } = readConfig(process.env);
  return readFile(join(dataFolder, 'admin-token'), 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}
