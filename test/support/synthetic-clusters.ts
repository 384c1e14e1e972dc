import type { TestServer } from './server.ts';

export interface SyntheticClusters {
  /** Atoms of each cluster, with the split it is given; sizes repeat. */
  readonly clusters: readonly { readonly size: number; readonly split: 'train' | 'validation' | 'test' }[];
  /** Two clusters of different seeds differ. */
  readonly seed: number;
  /** Adds two orbital populations that follow the shieldings. */
  readonly populations?: boolean;
}

/** Eight clusters to train on, three for validation, two for the test: enough for a training of a second. */
export const SMALL_SPLIT: SyntheticClusters['clusters'] = [
  ...Array.from({ length: 8 }, (_, i) => ({ size: 5 + (i % 3), split: 'train' as const })),
  ...[7, 8, 8].map((size) => ({ size, split: 'validation' as const })),
  ...[8, 9].map((size) => ({ size, split: 'test' as const })),
];

/**
 * Sodium clusters in extXYZ with shieldings that a formula invents: crowded atoms have low ones. Nothing here is DFT, and
 * the level of theory says so.
 */
export function syntheticClusters({ clusters, seed, populations = false }: SyntheticClusters): string {
  const random = linearCongruential(seed);
  return clusters
    .map(({ size, split }, i) => frame(size, split, `synthetic-${seed}-${i}`, populations, random))
    .join('');
}

/** Shielding (ppm) of every atom by the same formula. */
export function syntheticShieldings(positions: readonly (readonly number[])[]): number[] {
  return positions.map((at) => {
    const crowding = positions.reduce((sum, other) => {
      const distance = Math.hypot(at[0] - other[0], at[1] - other[1], at[2] - other[2]);
      return distance === 0 ? sum : sum + Math.exp(-(((distance - 3.5) / 0.8) ** 2));
    }, 0);
    return 620 - 25 * crowding;
  });
}

/** Imports such clusters through the API and freezes them as version 1 of a new data set, split as given. */
export async function importSyntheticDataset(
  server: TestServer,
  name: string,
  clusters: SyntheticClusters,
): Promise<string> {
  const { report } = await server.request<{ report: { sourceSha256: string } }>(
    `mutation ($content: String!, $fileName: String!) {
      report: importCalculations(input: { fileName: $fileName, content: $content }) { sourceSha256 }
    }`,
    { content: syntheticClusters(clusters), fileName: `${name}.extxyz` },
  );
  await server.request(
    `mutation ($name: String!) {
      createDataset(input: { name: $name, title: "Synthetic", description: "Not DFT", licence: "CC0-1.0" }) { id }
    }`,
    { name },
  );
  const { version } = await server.request<{ version: { reference: string } }>(
    `mutation ($name: String!, $source: String!) {
      version: createDatasetVersion(
        input: { dataset: $name, filter: { sourceSha256: { equals: $source } }, split: { asGiven: true } }
      ) { reference }
    }`,
    { name, source: report.sourceSha256 },
  );
  return version.reference;
}

function frame(size: number, split: string, label: string, populations: boolean, random: () => number): string {
  const positions = scatter(size, random);
  const shieldings = syntheticShieldings(positions);
  const columns = `species:S:1:pos:R:3:sigma_iso:R:1${populations ? ':gop:R:2' : ''}`;
  const comment = [
    `Properties=${columns} pbc="F F F" id=${label} split=${split}`,
    'program=synthetic program_version=1 method=formula basis=none',
    ...(populations ? ['gop_labels="3S 3PX"'] : []),
  ].join(' ');
  const rows = positions.map((position, i) => {
    const electrons = [0.5 + (shieldings[i] - 600) / 1000, 0.1 + 0.01 * random()];
    const numbers = [...position, shieldings[i], ...(populations ? electrons : [])];
    return `Na ${numbers.map((number) => number.toFixed(6)).join(' ')}\n`;
  });
  return `${size}\n${comment}\n${rows.join('')}`;
}

/** Random sites of a box, none nearer than 2.9 Å to another. */
function scatter(size: number, random: () => number): number[][] {
  const edge = 3.7 * Math.cbrt(size);
  const positions: number[][] = [];
  while (positions.length < size) {
    const site = [0, 0, 0].map(() => edge * random());
    if (positions.every((p) => Math.hypot(p[0] - site[0], p[1] - site[1], p[2] - site[2]) > 2.9)) positions.push(site);
  }
  return positions;
}

function linearCongruential(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
