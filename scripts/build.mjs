// npm run build: compiles the server into dist/ and bundles the playground.
import { build } from './lib/build.mjs';
import { setUp } from './lib/set-up.mjs';

await setUp();
build();
