import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SYSTEM } from '../registry/caller.ts';
import type { Registry } from '../registry/registry.ts';

/** The first start leaves an admin token in the data folder, for tools on this machine; only its owner may read it. */
export async function writeAdminToken(registry: Registry, dataFolder: string): Promise<string> {
  const path = join(dataFolder, 'admin-token');
  if (existsSync(path) && (await isKnown(registry, path))) return path;
  const request = { operation: 'createApiToken', idempotencyKey: null, input: null };
  const { secret } = await registry.access.createToken(SYSTEM, request, { name: 'first admin', role: 'ADMIN' });
  await writeFile(`${path}.new`, `${secret}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return path;
}

/** A token left by another database opens nothing here. */
async function isKnown(registry: Registry, path: string): Promise<boolean> {
  const secret = (await readFile(path, 'utf8')).trim();
  return registry.access.authenticate(secret).then(
    () => true,
    () => false,
  );
}
