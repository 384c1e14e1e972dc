import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'dist', 'main.js');

/** A server with embedded PostgreSQL, on a data folder of its own unless one is given. Its data are gone after `stop`. */
export async function startServer({ workers, folder = mkdtempSync(join(tmpdir(), 'natrium-bench-')) }) {
  const start = performance.now();
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
  const startSeconds = (performance.now() - start) / 1e3;

  const askText = async (query, variables = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return response.text();
  };
  const end = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return {
    url,
    pid: child.pid,
    folder,
    startSeconds,
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
    /** Ends it and leaves its data. */
    end,
    async stop() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
