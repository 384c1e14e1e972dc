import { commandLine } from './command-line.ts';
import { GraphqlClient } from './graphql-client.ts';
import type { Print } from './print.ts';
import { requireServer } from './server-address.ts';

const USAGE = `usage: natrium drain WORKER

Lets a worker of the server of this data folder finish what it has and take nothing more; then it ends with exit code 0. A worker that
\`natrium serve\` started is not replaced until the server is started again. The query \`workers { name host state }\` lists them.`;

const { parse, wrongUse } = commandLine('drain', { help: { type: 'boolean', short: 'h' } });

/** `natrium drain`: takes a worker out of service without disturbing what it does. */
export async function drainWorker(args: readonly string[], print: Print): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help) {
    print(USAGE);
    return;
  }
  if (positionals.length !== 1) throw wrongUse('give the name of one worker');
  const client = new GraphqlClient(`${await requireServer()}/graphql`);
  const { worker } = await client.request<{ worker: { name: string; jobs: readonly { kind: string }[] } }>(
    `mutation ($worker: String!) { worker: drainWorker(input: { worker: $worker }) { name jobs { kind } } }`,
    { worker: positionals[0] },
  );
  const { length } = worker.jobs;
  const when = length === 0 ? 'now' : `once it has finished ${length === 1 ? 'one job' : `${length} jobs`}`;
  print(`${worker.name} takes nothing more and ends ${when}`);
}
