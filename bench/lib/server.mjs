import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'dist', 'main.js');

/** A server with embedded PostgreSQL and data of its own, gone after `stop`. */
export async function startServer({ workers }) {
  const folder = mkdtempSync(join(tmpdir(), 'natrium-bench-'));
  const own = Object.entries(process.env).filter(([name]) => !/^(DATABASE_URL$|S3_|NATRIUM_)/.test(name));
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    env: {
      ...Object.fromEntries(own),
      ...{
        NATRIUM_DATA_FOLDER: folder,
        NATRIUM_PORT: '0',
        NATRIUM_WORKERS: String(workers),
        NATRIUM_EXAMPLE_DATA: 'off',
      },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let url = null;
  for await (const line of createInterface({ input: child.stdout })) {
    url = /^API\s+(http:\S+)\/graphql$/.exec(line)?.[1] ?? null;
    if (url !== null) break;
  }
  if (url === null) throw new Error('the server did not start');
  child.stdout.resume();

  const askText = async (query, variables = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return response.text();
  };
  return {
    url,
    pid: child.pid,
    folder,
    askText,
    async ask(query, variables) {
      const { data, errors } = JSON.parse(await askText(query, variables));
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    },
    /** The most memory that the API process had so far. */
    residentMebibytes() {
      return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024;
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
