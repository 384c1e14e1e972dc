import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Random } from '../../src/random.ts';
import { frame } from '../support/api.ts';
import type { TestServer } from '../support/server.ts';
import { SMALL_SCHNET } from '../support/training.ts';

/** A mutation with its idempotency key, and the answer once there is one. */
export interface KeyedMutation {
  readonly kind: Kind;
  readonly query: string;
  readonly variables: object;
  answer: object | null;
  /** How often it was sent until it was answered. */
  sent: number;
}

type Kind = keyof typeof KINDS;

/** Each makes one record that the list named counts. */
const KINDS = {
  createDataset: {
    ...{ type: 'CreateDatasetInput', fields: 'id createdAt', list: 'datasets' },
    input: (i: number) => ({ name: `chaos-${i}`, title: 'Chaos', description: `Number ${i}`, licence: 'CC0-1.0' }),
  },
  importCalculations: {
    ...{
      type: 'ImportCalculationsInput',
      fields: 'inserted items { status calculation { id } }',
      list: 'calculations',
    },
    input: (i: number) => ({
      fileName: 'chaos.extxyz',
      content: frame({ id: `chaos-${i}`, positions: [0, 3 + i / 1000, 7].map((x) => [x, 0, 0]) }),
    }),
  },
  createFeatureSet: {
    ...{ type: 'CreateFeatureSetInput', fields: 'id reference', list: 'featureSets' },
    input: (i: number) => ({ name: `chaos-${i}`, runningCoordinationNumbers: { radiiAngstrom: [3 + i / 1000] } }),
  },
  trainSchNet: {
    ...{ type: 'TrainSchNetInput', fields: 'id createdAt', list: 'trainingRuns' },
    input: (i: number) => ({ ...SMALL_SCHNET, epochs: 2, model: `chaos-${i}`, datasetVersion: 'synthetic/1' }),
  },
  generateClusters: {
    ...{ type: 'GenerateClustersInput', fields: 'id total', list: 'clusterRuns' },
    input: (i: number) => ({ sizes: [3], clustersPerSize: 1, seed: i }),
  },
} as const;

const NAMES = Object.keys(KINDS) as Kind[];

/** Mutations whose records differ from all those of other numbers. */
export function keyedMutations(random: Random, count: number, firstNumber = 0): KeyedMutation[] {
  return Array.from({ length: count }, (_, each) => {
    const i = firstNumber + each;
    const kind = NAMES[random.integer(NAMES.length)];
    const { type, fields, input } = KINDS[kind];
    return {
      kind,
      query: `mutation ($input: ${type}!) { answer: ${kind}(input: $input) { ${fields} } }`,
      variables: { input: { ...input(i), idempotencyKey: `chaos ${i}` } },
      ...{ answer: null, sent: 0 },
    };
  });
}

/** Sends a mutation until it is answered, as a client does that was told to. */
export async function persist(server: () => TestServer, mutation: KeyedMutation, seconds = 120): Promise<void> {
  const deadline = Date.now() + 1000 * seconds;
  while (mutation.answer === null) {
    if (Date.now() > deadline) throw new Error(`no answer in ${seconds} s to ${JSON.stringify(mutation)}`);
    mutation.sent++;
    const answer = await server()
      .ask<object>(mutation.query, mutation.variables)
      .catch(() => null);
    const isAway =
      answer === null || (answer.errors?.every(({ extensions }) => extensions.code === 'UNAVAILABLE') ?? false);
    if (isAway) await delay(50);
    else {
      expect(answer.errors).toBeUndefined();
      mutation.answer = answer.data;
    }
  }
}

/** How many records there are of each kind. */
export async function recordCounts(server: TestServer): Promise<Record<Kind, number>> {
  const lists = NAMES.map((kind) => `${kind}: ${KINDS[kind].list}(first: 1) { totalCount }`);
  const counts = await server.request<Record<Kind, { totalCount: number }>>(`{ ${lists.join(' ')} }`);
  return Object.fromEntries(NAMES.map((kind) => [kind, counts[kind].totalCount])) as Record<Kind, number>;
}

/** Each acknowledged mutation is there exactly once, and answers the same when it is repeated. */
export async function expectExactlyOnce(
  server: TestServer,
  mutations: readonly KeyedMutation[],
  before: Record<Kind, number>,
): Promise<void> {
  const expected = { ...before };
  for (const { kind } of mutations) expected[kind]++;
  expect(await recordCounts(server)).toEqual(expected);
  for (const { query, variables, answer } of mutations) {
    expect(await server.request(query, variables)).toEqual(answer);
  }
  expect(await recordCounts(server)).toEqual(expected);
}
