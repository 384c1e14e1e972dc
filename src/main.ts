#!/usr/bin/env node
import { readConfig } from './config.ts';
import { NatriumError } from './errors.ts';
import type { ProcessKind } from './logging.ts';
import { packageVersion } from './version.ts';

interface Command {
  readonly does: string;
  /** Of one that goes on until it is ended, and logs. */
  readonly process?: ProcessKind;
  run(args: readonly string[]): Promise<void>;
}

function print(line: string): void {
  console.log(line);
}

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    does: 'database, API, playground and workers, until Ctrl-C',
    process: 'api',
    run: async () => (await import('./commands/serve.ts')).serve(readConfig(process.env)),
  },
  worker: {
    does: 'trains for a server that runs elsewhere; needs DATABASE_URL and the same artifact store',
    process: 'worker',
    run: async () => (await import('./commands/worker.ts')).runWorker(readConfig(process.env)),
  },
  drain: {
    does: 'WORKER: lets a worker finish what it has and take nothing more; --help says more',
    run: async (args) => (await import('./commands/drain.ts')).drainWorker(args, print),
  },
  migrate: {
    does: 'brings the database at DATABASE_URL up to date and ends',
    run: async () => (await import('./commands/migrate.ts')).migrateDatabase(readConfig(process.env), print),
  },
  parse: {
    does: 'FILE: what an output of Gaussian, ORCA or NWChem, or an XYZ file holds, as JSON, an item a line',
    run: async (files) => (await import('./commands/parse.ts')).parseFile(files, print),
  },
  generate: {
    does: '[--sizes 14,16 --per-size 200 --seed 1 ...] FILE: random clusters by S-BLDA as extended XYZ; --help says more',
    run: async (args) => (await import('./commands/generate.ts')).generateFile(args, print),
  },
  inputs: {
    does: '--program NAME ... FOLDER: an input of Gaussian, NWChem, ORCA or PySCF for each cluster of a set; --help says more',
    run: async (args) => (await import('./commands/inputs.ts')).writeInputFiles(args, print),
  },
  import: {
    does: '[--structures] FILE...: brings files and archives in, of any size; --help says more',
    run: async (args) => (await import('./commands/import.ts')).importFiles(args, print),
  },
  export: {
    does: 'DATASET/VERSION FILE [--features NAME/VERSION]: downloads a data set version; .extxyz, .csv, .jsonl or .arrow',
    run: async (args) => (await import('./commands/export.ts')).exportDataset(args, print),
  },
  protocol: {
    does: "schnet --dataset NAME/VERSION: the paper's whole training of SchNet on a running server; --help says more",
    run: async (args) => (await import('./commands/protocol.ts')).runProtocol(args, print),
  },
  study: {
    does: "--dataset NAME/VERSION: the paper's whole study on a running server, with a report as HTML; --help says more",
    run: async (args) => (await import('./commands/study.ts')).runStudy(args, print),
  },
  demo: {
    does: 'the whole chain over HTTP on the example data, on a server of its own',
    run: async () => (await import('./commands/demo.ts')).demo(print),
  },
  golden: {
    does: 'FILE...: compares with the values of independent programs',
    run: async (files) => (await import('./commands/golden.ts')).compareWithGoldenFiles(files, print),
  },
  'generated-files': {
    does: '[--check]: writes the files made from the code, or says which are stale',
    run: async (args) => (await import('./commands/generated-files.ts')).generateFiles(args.includes('--check'), print),
  },
};

function help(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const lines = Object.entries(COMMANDS).map(([name, { does }]) => `  ${name.padEnd(width)}  ${does}`);
  return `natrium ${packageVersion}\n\nusage: natrium COMMAND\n\n${lines.join('\n')}\n\nSettings are environment variables; the README lists them.`;
}

async function main([name = 'help', ...args]: readonly string[]): Promise<void> {
  if (['help', '--help', '-h'].includes(name)) {
    print(help());
    return;
  }
  const command = COMMANDS[name];
  if (command === undefined) throw new NatriumError('BAD_USER_INPUT', `no command ${name}; natrium help lists them`);
  await command.run(args);
}

main(process.argv.slice(2)).catch(async (error: unknown) => {
  // an error that we meant is one line; anything else is a defect and shows where
  const isMeant = error instanceof NatriumError;
  const kind = COMMANDS[process.argv[2]]?.process;
  if (kind !== undefined && process.env.NATRIUM_LOG === 'json') {
    const { createLog } = await import('./logging.ts');
    createLog(kind, 'json').error((error as Error).message, isMeant ? {} : { error });
  } else {
    console.error(`natrium: ${isMeant ? error.message : ((error as Error).stack ?? error)}`);
  }
  process.exit(1);
});
