import { type TestServer, until } from './server.ts';

export interface ClusterRun {
  readonly id: string;
  readonly kind: 'GENERATION' | 'RELAXATION';
  readonly state: 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  readonly failure: string | null;
  readonly total: number;
  readonly inserted: number;
  readonly existing: number;
  readonly rejected: number;
  readonly finishedAt: string | null;
}

const RUN = 'id kind state failure total inserted existing rejected finishedAt';

export const GENERATE = `mutation ($input: GenerateClustersInput!) { started: generateClusters(input: $input) { ${RUN} } }`;
export const RELAX = `mutation ($input: RelaxClustersInput!) { started: relaxClusters(input: $input) { ${RUN} } }`;

export async function startGeneration(server: TestServer, input: object): Promise<ClusterRun> {
  return (await server.request<{ started: ClusterRun }>(GENERATE, { input })).started;
}

export async function startRelaxation(server: TestServer, input: object): Promise<ClusterRun> {
  return (await server.request<{ started: ClusterRun }>(RELAX, { input })).started;
}

export async function findClusterRun(server: TestServer, id: string): Promise<ClusterRun> {
  const query = `query ($id: ID!) { found: clusterRun(id: $id) { ${RUN} } }`;
  return (await server.request<{ found: ClusterRun }>(query, { id })).found;
}

/** The run when it is over. */
export function finishedClusterRun(server: TestServer, id: string): Promise<ClusterRun> {
  return until(
    async () => {
      const found = await findClusterRun(server, id);
      return found.finishedAt === null ? null : found;
    },
    'the end of the cluster run',
    110,
  );
}

/** Generates clusters; answers the run when it is over. */
export async function generated(server: TestServer, input: object): Promise<ClusterRun> {
  return finishedClusterRun(server, (await startGeneration(server, input)).id);
}

/** Relaxes clusters; answers the run when it is over. */
export async function relaxed(server: TestServer, input: object): Promise<ClusterRun> {
  return finishedClusterRun(server, (await startRelaxation(server, input)).id);
}

export interface RunItem {
  readonly status: 'INSERTED' | 'EXISTING' | 'REJECTED';
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly relaxation: {
    readonly energyBeforeEv: number;
    readonly energyAfterEv: number;
    readonly largestForceEvPerAngstrom: number;
    readonly steps: number;
  } | null;
  readonly source: { readonly id: string } | null;
  readonly cluster: {
    readonly id: string;
    readonly label: string | null;
    readonly size: number;
    readonly identitySha256: string;
    readonly provenance: Readonly<Record<string, unknown>>;
    readonly parents: readonly { readonly relation: string; readonly cluster: { readonly id: string } }[];
  } | null;
}

/** The first items of a run. */
export async function itemsOf(server: TestServer, run: ClusterRun): Promise<readonly RunItem[]> {
  const { found } = await server.request<{ found: { items: { nodes: RunItem[] } } }>(
    `query ($id: ID!) { found: clusterRun(id: $id) { items(first: 200) { nodes {
      status error { code message } relaxation { energyBeforeEv energyAfterEv largestForceEvPerAngstrom steps }
      source { id } cluster { id label size identitySha256 provenance parents { relation cluster { id } } }
    } } } }`,
    { id: run.id },
  );
  return found.items.nodes;
}
