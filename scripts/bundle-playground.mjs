// Bundles web/playground (GraphiQL) into dist/playground. Does nothing where the bundle was made from the same inputs.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const projectDirectory = fileURLToPath(new URL('..', import.meta.url));
const sourceDirectory = join(projectDirectory, 'web/playground');
const bundleDirectory = join(projectDirectory, 'dist/playground');
const stampFile = join(bundleDirectory, '.inputs-sha256');

const inputsSha256 = hashInputs();
if (readIfPresent(stampFile) !== inputsSha256) {
  await bundle();
  writeFileSync(stampFile, inputsSha256);
}

/** The lock file stands for every package that goes into the bundle and for the bundler itself. */
function hashInputs() {
  const sources = readdirSync(sourceDirectory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of [...sources, join(projectDirectory, 'package-lock.json'), fileURLToPath(import.meta.url)]) {
    hash
      .update(`${file.slice(projectDirectory.length)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

function readIfPresent(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function bundle() {
  const started = performance.now();
  // a test run sets another value, and React would come in its slow development form
  process.env.NODE_ENV = 'production';
  await build({
    configFile: false,
    root: sourceDirectory,
    // the page works wherever it is mounted: everything it asks for is relative to it
    base: './',
    logLevel: 'warn',
    worker: { format: 'es' },
    build: {
      outDir: bundleDirectory,
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 8_000,
      rolldownOptions: {
        onLog(level, log, handle) {
          // "use client" and the like, in packages that can also be rendered on a server
          if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
        },
      },
    },
  });
  console.log(`playground: bundled in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
