import type { InputFile, InputOptions, InputProgram } from '../chemistry/inputs/input-writer.ts';
import { GraphqlClient } from './graphql-client.ts';

/** Clusters and atoms that one request asks inputs for, well within what an answer holds. */
const CLUSTERS_A_PAGE = 200;
const ATOMS_A_PAGE = 50_000;

/** Which clusters: all unless one of these is given. */
export interface ClusterChoice {
  readonly ids?: readonly string[];
  readonly sizes?: readonly number[];
  /** Written `name/version`. */
  readonly dataset?: string;
}

interface ClusterSize {
  readonly id: string;
  readonly size: number;
}

interface Connection<T> {
  readonly nodes: readonly T[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** The inputs of the clusters chosen, each cluster once, page by page. Throws what the server answers. */
export async function* inputsFromServer(
  url: string,
  program: InputProgram,
  options: Omit<InputOptions, 'label'>,
  choice: ClusterChoice,
): AsyncGenerator<InputFile> {
  const client = new GraphqlClient(`${url}/graphql`);
  for await (const clusters of batches(clustersOf(client, choice))) {
    const { calculationInputs } = await client.request<{ calculationInputs: Connection<InputFile> }>(
      `query ($clusters: [ID!], $first: Int!, $program: InputProgram!, $method: InputMethod, $basis: String,
          $openShellSinglet: Boolean, $stabilityCheck: Boolean, $processors: Int, $memoryMegabytes: Int) {
        calculationInputs(clusters: $clusters, first: $first, program: $program, method: $method, basis: $basis,
            openShellSinglet: $openShellSinglet, stabilityCheck: $stabilityCheck,
            processors: $processors, memoryMegabytes: $memoryMegabytes) {
          nodes { fileName text }
        }
      }`,
      { ...options, program, clusters: clusters.map(({ id }) => id), first: clusters.length },
    );
    yield* calculationInputs.nodes;
  }
}

async function* batches(clusters: AsyncIterable<ClusterSize>): AsyncGenerator<ClusterSize[]> {
  const seen = new Set<string>();
  let batch: ClusterSize[] = [];
  let atoms = 0;
  for await (const cluster of clusters) {
    // a data set may hold several calculations of one cluster
    if (seen.has(cluster.id)) continue;
    seen.add(cluster.id);
    if (batch.length === CLUSTERS_A_PAGE || (batch.length > 0 && atoms + cluster.size > ATOMS_A_PAGE)) {
      yield batch;
      batch = [];
      atoms = 0;
    }
    batch.push(cluster);
    atoms += cluster.size;
  }
  if (batch.length > 0) yield batch;
}

async function* clustersOf(client: GraphqlClient, { ids, sizes, dataset }: ClusterChoice): AsyncGenerator<ClusterSize> {
  if (ids !== undefined) {
    for (const id of ids) {
      yield (
        await client.request<{ cluster: ClusterSize }>('query ($id: ID!) { cluster(id: $id) { id size } }', { id })
      ).cluster;
    }
  } else if (dataset !== undefined) {
    for await (const { cluster } of pages<{ cluster: ClusterSize }>(async (after) => {
      const { datasetVersion } = await client.request<{
        datasetVersion: { calculations: Connection<{ cluster: ClusterSize }> };
      }>(
        `query ($dataset: String!, $after: String) {
          datasetVersion(datasetVersion: $dataset) {
            calculations(first: ${CLUSTERS_A_PAGE}, after: $after) {
              nodes { cluster { id size } } pageInfo { hasNextPage endCursor }
            }
          }
        }`,
        { dataset, after },
      );
      return datasetVersion.calculations;
    })) {
      yield cluster;
    }
  } else {
    yield* pages<ClusterSize>(async (after) => {
      const { clusters } = await client.request<{ clusters: Connection<ClusterSize> }>(
        `query ($filter: ClusterFilter, $after: String) {
          clusters(first: ${CLUSTERS_A_PAGE}, after: $after, filter: $filter) {
            nodes { id size } pageInfo { hasNextPage endCursor }
          }
        }`,
        { filter: sizes === undefined ? null : { size: { in: sizes } }, after },
      );
      return clusters;
    });
  }
}

async function* pages<T>(read: (after: string | null) => Promise<Connection<T>>): AsyncGenerator<T> {
  let after: string | null = null;
  do {
    const { nodes, pageInfo }: Connection<T> = await read(after);
    yield* nodes;
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
}
