import { defineConfig, mergeConfig } from 'vitest/config';
import shared from '../../vitest.config.ts';

const config = mergeConfig(
  shared,
  defineConfig({
    test: {
      globalSetup: ['test/chaos/undisturbed.ts'],
      // each scenario tells its seed and what it does as it does it
      disableConsoleIntercept: true,
      testTimeout: 3_600_000,
      // they wait most of the time: for a heartbeat to be missed, for a store to come back
      maxWorkers: 4,
    },
  }),
);
config.test!.include = ['test/chaos/*.test.ts'];
config.test!.exclude = ['node_modules/**'];

export default config;
