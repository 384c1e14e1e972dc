import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { processesOf } from '../support/processes.ts';

interface Options {
  packageFolder: string;
  built: string;
  nodeVersion: string;
  limits: { firstBytesSeconds: number; quietSeconds: number; totalSeconds: number };
  log: (line: string) => void;
}

// set-up runs before anything is compiled, so it is plain JavaScript without types
const script = new URL('../../scripts/lib/native-tensorflow.mjs', import.meta.url).href;
const { installNativeTensorflow } = (await import(script)) as {
  installNativeTensorflow: (options: Options) => Promise<void>;
};

const PATIENT = { firstBytesSeconds: 60, quietSeconds: 60, totalSeconds: 60 };

/** As the true one: loads its binding, and brings an installer that has a child of its own, which outlives it. */
const FILES = (address: string) => ({
  'package.json': '{ "main": "index.js" }',
  'index.js': "require('./lib/napi-v8/binding.js')",
  'scripts/install.js': `
    const { spawn } = require('node:child_process');
    const { createWriteStream, mkdirSync } = require('node:fs');
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }).unref();
    mkdirSync('deps');
    mkdirSync('lib/napi-v8', { recursive: true });
    require('node:http').get('${address}', (response) => {
      response.pipe(createWriteStream('deps/libtensorflow'));
      response.pipe(createWriteStream('lib/napi-v8/binding.js'));
    });`,
});

describe('setting up native TensorFlow', () => {
  let folder: string;
  let packageFolder: string;
  let server: Server;
  let answer: (write: (text: string) => void, end: () => void) => void;
  const lines: string[] = [];
  const install = (options: Partial<Options> = {}) =>
    installNativeTensorflow({
      packageFolder,
      built: join(folder, 'nothing-built'),
      nodeVersion: '20.19.0',
      limits: PATIENT,
      log: (line) => lines.push(line),
      ...options,
    });
  const writePackage = () => {
    const files = FILES(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    for (const [path, text] of Object.entries(files)) write(join(packageFolder, path), text);
  };
  const write = (path: string, text: string) => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  };
  const expectNothingLeft = async () => {
    expect(['lib', 'deps'].filter((part) => existsSync(join(packageFolder, part)))).toEqual([]);
    await expectNobodyLeft();
  };
  const expectNobodyLeft = () => vi.waitFor(() => expect(processesOf(packageFolder)).toEqual([]), { timeout: 60_000 });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'natrium-tfjs-node-'));
    packageFolder = join(folder, 'tfjs-node');
    lines.length = 0;
    server = createServer((_request, response) =>
      answer(
        (text) => response.write(text),
        () => response.end(),
      ),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    writePackage();
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
    for (const { pid } of processesOf(folder)) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  test('says that it is installed when all has come and loads', async () => {
    answer = (send, end) => {
      send('exports.ready = true;');
      end();
    };
    await install();
    expect(lines.at(-1)).toBe('native TensorFlow is installed');
    expect(existsSync(join(packageFolder, 'deps/libtensorflow'))).toBe(true);
    await expectNobodyLeft();
  });

  test('leaves nothing of what came and does not load', async () => {
    answer = (send, end) => {
      send('<html>Please log in</html>');
      end();
    };
    await install();
    expect(lines.at(-1)).toContain('what came does not load here; engine TENSORFLOW will compute on WebAssembly');
    await expectNothingLeft();
  });

  test('gives up at once when nobody listens', async () => {
    await new Promise((resolve) => server.close(resolve));
    await install();
    expect(lines.at(-1)).toContain('its host cannot be reached');
    await expectNothingLeft();
  });

  test('gives up on a host that takes the connection and never answers', async () => {
    answer = () => {};
    await install({ limits: { ...PATIENT, firstBytesSeconds: 0.5 } });
    expect(lines.at(-1)).toContain('nothing arrived in 0.5 s');
    await expectNothingLeft();
  });

  test('gives up on a download that stands still in the middle', async () => {
    answer = (send) => send('exports.');
    await install({ limits: { ...PATIENT, quietSeconds: 0.5 } });
    expect(lines.at(-1)).toContain('nothing more arrived for 0.5 s');
    await expectNothingLeft();
  });

  test('gives up on a download that drips and never ends', async () => {
    let timer: NodeJS.Timeout | undefined;
    answer = (send) => {
      timer = setInterval(() => send(' '), 20);
    };
    await install({ limits: { ...PATIENT, totalSeconds: 1 } });
    clearInterval(timer);
    expect(lines.at(-1)).toContain('it takes more than 1 s');
    await expectNothingLeft();
  });

  test('takes the installer along when it is interrupted', async () => {
    answer = (send) => send('exports.');
    const options = JSON.stringify({ packageFolder, built: join(folder, 'nothing-built'), nodeVersion: '20.19.0' });
    const program = `import(${JSON.stringify(script)}).then((m) => m.installNativeTensorflow(${options}))`;
    const setUp = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
    const ended = once(setUp, 'exit');
    // the installer and its child
    await vi.waitFor(() => expect(processesOf(packageFolder).length).toBeGreaterThan(2), { timeout: 60_000 });
    setUp.kill('SIGINT');
    expect(await ended).toEqual([null, 'SIGINT']);
    await expectNobodyLeft();
  });

  test('links what was built before, in every installation, and asks nobody', async () => {
    const asked = vi.fn();
    answer = asked;
    const built = join(folder, 'built');
    write(join(built, 'binding.js'), 'exports.ready = true;');
    await install({ built });
    rmSync(packageFolder, { recursive: true });
    writePackage();
    await install({ built });
    expect(lines).toEqual(Array(2).fill(`native TensorFlow is linked from ${built}`));
    expect(existsSync(join(packageFolder, 'lib/napi-v8/binding.js'))).toBe(true);
    expect(existsSync(join(built, 'binding.js'))).toBe(true);
    expect(asked).not.toHaveBeenCalled();
  });

  test('fetches when what was built does not load here', async () => {
    answer = (send, end) => {
      send('exports.ready = true;');
      end();
    };
    const built = join(folder, 'built');
    write(join(built, 'binding.js'), 'throw new Error("wrong processor")');
    await install({ built });
    expect(lines.at(-1)).toBe('native TensorFlow is installed');
  });

  test('says once on Node 23 and later that it does not run there', async () => {
    const asked = vi.fn();
    answer = asked;
    await install({ nodeVersion: '24.11.0' });
    expect(lines).toEqual([
      'native TensorFlow does not run on Node 24.11.0, only on 20 and 22; engine TENSORFLOW will compute on WebAssembly',
    ]);
    expect(asked).not.toHaveBeenCalled();
  });

  test('is content without the optional package', async () => {
    rmSync(packageFolder, { recursive: true });
    await install();
    expect(lines).toEqual([]);
  });
});
