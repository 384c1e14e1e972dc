import type { ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { endOf, spawnCommand } from './command.ts';

export interface GraphqlAnswer<T> {
  readonly data: T | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: Readonly<Record<string, unknown>> & { readonly code: string };
  }[];
}

/** A whole server in processes of its own, as `natrium serve` runs it. */
export interface TestServer {
  readonly url: string;
  readonly dataFolder: string;
  readonly process: ChildProcess;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Everything it printed so far. */
  readonly output: () => string;
  /** The answer as it comes, errors included. */
  ask<T = Record<string, never>>(query: string, variables?: object, headers?: object): Promise<GraphqlAnswer<T>>;
  /** The data of the answer; errors are thrown. */
  request<T>(query: string, variables?: object, headers?: object): Promise<T>;
  /** Ends it as Ctrl-C does. */
  stop(): Promise<void>;
  /** Ends it and everything that belongs to it, and removes its data. */
  dispose(): Promise<void>;
}

export interface TestServerOptions {
  /** A folder with the data of an earlier server; a new one unless given. */
  readonly dataFolder?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts a server on a free port with one worker and no example data, unless the environment says otherwise. */
export async function startTestServer({ dataFolder, environment }: TestServerOptions = {}): Promise<TestServer> {
  const folder = dataFolder ?? mkdtempSync(join(tmpdir(), 'natrium server '));
  const settings = {
    NATRIUM_PORT: '0',
    NATRIUM_DATA_FOLDER: folder,
    NATRIUM_WORKERS: '1',
    NATRIUM_EXAMPLE_DATA: 'off',
    NATRIUM_LOG: 'text',
    ...environment,
  };
  // a group of its own, so that a test can kill it whole
  const child = spawnCommand(['serve'], settings, { detached: true });
  const ended = endOf(child);
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      output += `${line}\n`;
      const match = /(?:^|"msg":")API\s+(http:\S+?)\/graphql(?:$|")/.exec(line);
      if (match) resolve(match[1]);
    });
    void ended.then(() => reject(new Error(`the server ended before it listened:\n${output}`)));
  });

  const ask = async <T>(query: string, variables: object = {}, headers: object = {}): Promise<GraphqlAnswer<T>> => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as GraphqlAnswer<T>;
  };
  const stop = async () => {
    child.kill('SIGINT');
    await ended;
  };
  return {
    url,
    dataFolder: folder,
    process: child,
    ended,
    output: () => output,
    ask,
    async request<T>(query: string, variables?: object, headers?: object): Promise<T> {
      const answer = await ask<T>(query, variables, headers);
      if (answer.errors) throw new Error(`${JSON.stringify(answer.errors, null, 1)}\n${output}`);
      return answer.data!;
    },
    stop,
    async dispose() {
      if (child.exitCode === null && child.signalCode === null) await stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

/** Polls until `condition` gives something; the way to wait for what the server does in the background. */
export async function until<T>(
  condition: () => Promise<T | null | undefined | false>,
  what: string,
  seconds = 60,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    const result = await condition();
    if (result) return result;
    await delay(100);
  }
  throw new Error(`waited ${seconds} s in vain for ${what}`);
}
