import type { PlaygroundTab } from '../../src/http/playground-tabs.ts';
import { finishedClusterRun } from './cluster-runs.ts';
import { type TestServer, until } from './server.ts';
import { studyEnded } from './studies.ts';
import { answersOf, subscriptionClient } from './subscriptions.ts';

/** The data of one tab's answer, by the names of its fields. */
export type TabAnswer = Readonly<Record<string, unknown>>;

/** The ready tabs as the playground of a server gives them. */
export async function readTabs(server: TestServer): Promise<PlaygroundTab[]> {
  const response = await fetch(`${server.url}/playground/tabs.json`);
  return (await response.json()) as PlaygroundTab[];
}

/** Runs one tab as it is and waits until what it starts is done; errors are thrown. A subscription answers with all its events. */
export async function runTab(server: TestServer, { title, query, variables }: PlaygroundTab): Promise<TabAnswer> {
  const given = variables === null ? {} : JSON.parse(variables);
  if (/^subscription\b/m.test(query)) return watch(server, query, given);
  const { data, errors } = await server.ask<TabAnswer>(query, given);
  if (errors || data === null) throw new Error(`the tab ${title} failed: ${JSON.stringify(errors, null, 1)}`);
  if (/\b(train(Lasso|SchNet)|reproduceModelVersion)\(/.test(query)) {
    for (const run of Object.values(data)) await waitForModel(server, title, (run as { id: string }).id);
  }
  if (/\brunStudy\(/.test(query)) {
    const { state } = await studyEnded(server, (data.runStudy as { id: string }).id);
    if (state !== 'SUCCEEDED') throw new Error(`the study of the tab ${title} ended ${state}`);
  }
  if (/\b(generate|relax)Clusters\(/.test(query)) {
    for (const { id } of Object.values(data) as { id: string }[]) {
      const { state, failure } = await finishedClusterRun(server, id);
      if (state !== 'SUCCEEDED') throw new Error(`the cluster run of the tab ${title} failed: ${failure}`);
    }
  }
  return data;
}

/** Runs tabs in order, each once those before are done; the answers by title. */
export async function runTabs(server: TestServer, tabs: readonly PlaygroundTab[]): Promise<Map<string, TabAnswer>> {
  const answers = new Map<string, TabAnswer>();
  for (const tab of tabs) answers.set(tab.title, await runTab(server, tab));
  return answers;
}

async function watch(server: TestServer, query: string, variables: Record<string, unknown>): Promise<TabAnswer> {
  const client = subscriptionClient(server);
  const events: Record<string, unknown[]> = {};
  for (const { data, errors } of await answersOf<TabAnswer>(client, query, variables)) {
    if (errors || !data) throw new Error(JSON.stringify(errors));
    for (const [field, value] of Object.entries(data)) events[field] = [...(events[field] ?? []), value];
  }
  await client.dispose();
  return events;
}

async function waitForModel(server: TestServer, title: string, id: string): Promise<void> {
  const ended = async () => {
    const { trainingRun } = await server.request<{ trainingRun: { state: string; failure: string | null } }>(
      'query ($id: ID!) { trainingRun(id: $id) { state failure } }',
      { id },
    );
    return ['QUEUED', 'RUNNING'].includes(trainingRun.state) ? null : trainingRun;
  };
  const { state, failure } = await until(ended, `the training of the tab ${title}`, 180);
  if (state !== 'SUCCEEDED') throw new Error(`the training of the tab ${title} has ${state.toLowerCase()}: ${failure}`);
}
