import { writeArrow } from '../../chemistry/arrow.ts';
import type { CalculationRecord } from '../../chemistry/calculation-record.ts';
import { type AtomCsvColumns, type AtomCsvEntry, writeAtomCsv } from '../../chemistry/csv.ts';
import { writeExtxyz } from '../../chemistry/extxyz.ts';
import { writeQcSchema } from '../../chemistry/qcschema.ts';
import { featureMatrix } from '../../ml/features/feature-matrix.ts';
import { type FeatureSetDefinition, featureNames } from '../../ml/features/feature-set.ts';
import type { Store } from '../ports.ts';
import type {
  Calculation,
  Cluster,
  Dataset,
  DatasetVersion,
  ExportFormat,
  FeatureSet,
  PlacedMember,
} from '../records.ts';
import { unlabelledInput } from './datasets.ts';

const MEMBERS_PER_READ = 500;
/** Calculations are taken from the store in parts of about so many atoms, so that large clusters fill no memory. */
const ATOMS_PER_READ = 5000;
const TEXT_PER_CHUNK = 1 << 16;

export interface ExportContent {
  readonly dataset: Dataset;
  readonly version: DatasetVersion;
  readonly format: ExportFormat;
  /** Only with CSV. */
  readonly featureSet: FeatureSet | null;
}

/** A calculation as the version has it: its split is the version's. */
interface Member {
  readonly calculation: Calculation;
  readonly cluster: Cluster;
  readonly record: CalculationRecord;
}

/**
 * The bytes of a data set version in a format, in its order; the same every time. No more than a part of the version is in
 * memory at once.
 */
export async function* exportBytes(store: Store, content: ExportContent): AsyncGenerator<Uint8Array> {
  const parts = oneAhead(membersOf(store, content.version));
  if (content.format === 'ARROW') yield* writeArrow(arrowEntries(parts), aboutOf(content));
  else yield* inChunks(await textWriter(store, content), parts);
}

async function* arrowEntries(parts: AsyncIterable<readonly Member[]>) {
  for await (const part of parts) {
    for (const { calculation, record } of part) yield { record, calculationSha256: calculation.contentSha256 };
  }
}

/** What the file says of itself; nothing that may change. */
function aboutOf({ dataset, version }: ExportContent): Record<string, string> {
  return {
    creator: 'Natrium',
    dataset_version: `${dataset.name}/${version.version}`,
    dataset_version_sha256: version.sha256,
    title: dataset.title,
    description: dataset.description,
    licence: dataset.licence,
    ...(dataset.citation === null ? {} : { citation: dataset.citation }),
    ...(dataset.doi === null ? {} : { doi: dataset.doi }),
  };
}

type TextWriter = (part: readonly Member[], isFirst: boolean) => Iterable<string>;

async function textWriter(store: Store, content: ExportContent): Promise<TextWriter> {
  if (content.format === 'EXTXYZ') return (part) => writeExtxyz(part.map(({ record }) => record));
  if (content.format === 'QCSCHEMA') return (part) => writeQcSchema(part.map(({ record }) => record));
  const definition = content.featureSet?.definition ?? null;
  const columns: AtomCsvColumns = {
    ...(await store.versionMembers.contents(content.version.id)),
    featureNames: definition === null ? [] : featureNames(definition),
  };
  return (part, isFirst) => {
    const [header, ...rows] = writeAtomCsv(csvEntries(part, definition), columns);
    return isFirst ? [header, ...rows] : rows;
  };
}

function csvEntries(part: readonly Member[], definition: FeatureSetDefinition | null): AtomCsvEntry[] {
  if (definition === null) {
    return part.map(({ calculation, record }) => ({ record, calculation: calculation.contentSha256, features: null }));
  }
  const { data, columns } = featureMatrix(
    definition,
    part.map(({ calculation, cluster }) => unlabelledInput(cluster, calculation)),
  );
  let from = 0;
  return part.map(({ calculation, cluster, record }) => {
    const features = data.subarray(from, from + cluster.size * columns);
    from += features.length;
    return { record, calculation: calculation.contentSha256, features };
  });
}

async function* inChunks(write: TextWriter, parts: AsyncIterable<readonly Member[]>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  let texts: string[] = [];
  let length = 0;
  for await (const part of parts) {
    for (const text of write(part, isFirst)) {
      texts.push(text);
      length += text.length;
      if (length < TEXT_PER_CHUNK) continue;
      yield Buffer.from(texts.join(''));
      texts = [];
      length = 0;
    }
    isFirst = false;
  }
  yield Buffer.from(texts.join(''));
}

async function* membersOf(store: Store, version: DatasetVersion): AsyncGenerator<readonly Member[]> {
  const levels = new Map(
    (await store.levelsOfTheory.getMany(version.levelOfTheoryIds)).map((level) => [level!.id, level!]),
  );
  for (let position = -1; ; ) {
    const members = await store.versionMembers.behind(version.id, position, MEMBERS_PER_READ);
    if (members.length === 0) return;
    position = members[members.length - 1].position;
    for (const part of byAtoms(members)) {
      const [calculations, clusters] = await Promise.all([
        store.calculations.getMany(part.map((member) => member.calculationId)),
        store.clusters.getMany(part.map((member) => member.clusterId)),
      ]);
      yield part.map(({ split }, i) => {
        const calculation = calculations[i]!;
        const cluster = clusters[i]!;
        const { program, version, method, basis } = levels.get(calculation.levelOfTheoryId)!;
        const levelOfTheory = { program, version, method, basis };
        return { calculation, cluster, record: { ...recordOf(calculation, cluster), levelOfTheory, split } };
      });
    }
  }
}

/** Asks for the next value while the one before is worked on. */
async function* oneAhead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  const ask = () => {
    const result = source.next();
    // its error is met when it is waited for, if ever
    result.catch(() => {});
    return result;
  };
  try {
    for (let next = ask(); ; ) {
      const { done, value } = await next;
      if (done) return;
      next = ask();
      yield value;
    }
  } finally {
    await source.return(undefined);
  }
}

function* byAtoms(members: readonly PlacedMember[]): Generator<readonly PlacedMember[]> {
  let part: PlacedMember[] = [];
  let atoms = 0;
  for (const member of members) {
    part.push(member);
    atoms += member.size;
    if (atoms < ATOMS_PER_READ) continue;
    yield part;
    part = [];
    atoms = 0;
  }
  if (part.length > 0) yield part;
}

function recordOf(calculation: Calculation, cluster: Cluster): Omit<CalculationRecord, 'levelOfTheory' | 'split'> {
  const { structure, populationLabels, grossOrbitalPopulations } = unlabelledInput(cluster, calculation);
  return {
    label: calculation.label,
    line: 1,
    structure,
    energyHartree: calculation.energyHartree,
    spinSquared: calculation.spinSquared,
    shieldingGauge: calculation.shieldingGauge,
    shieldingsPpm: Float64Array.from(calculation.shieldingsPpm),
    shieldingTensorsPpm: calculation.shieldingTensorsPpm && Float64Array.from(calculation.shieldingTensorsPpm),
    tensorIndexOrder: calculation.tensorIndexOrder,
    populationLabels,
    grossOrbitalPopulations,
    electricFieldGradientsAu:
      calculation.electricFieldGradientsAu && Float64Array.from(calculation.electricFieldGradientsAu),
    provenance: calculation.provenance,
  };
}
