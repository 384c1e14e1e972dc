// npm run demo, golden, generate: a command of natrium after everything it needs has been installed and built.
import { build } from './lib/build.mjs';
import { runNode } from './lib/run.mjs';
import { setUp } from './lib/set-up.mjs';

await setUp();
build();
runNode(['dist/main.js', ...process.argv.slice(2)]);
