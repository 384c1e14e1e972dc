import type { CalculationRecord, LevelOfTheory } from '../chemistry/calculation-record.ts';
import { type ParsedItem, parseExtxyz } from '../chemistry/extxyz.ts';
import type { Structure } from '../chemistry/structure.ts';
import { formulaOf, structureFingerprint, structureHash } from '../chemistry/structure-identity.ts';
import { NatriumError } from '../errors.ts';
import { type Caller, requireRole } from './caller.ts';
import { canonicalJson, sha256Hex } from './canonical-json.ts';
import type { MutationRequest, Mutations } from './mutations.ts';
import { checkText } from './names.ts';
import type { ArtifactStore, Store } from './ports.ts';

const LARGEST_INLINE_FILE = 8 * 1024 * 1024;

/** What became of one item of an imported file. */
export interface ImportedItem {
  readonly line: number;
  readonly label: string | null;
  readonly status: 'INSERTED' | 'EXISTING' | 'REJECTED';
  readonly clusterId: string | null;
  readonly calculationId: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface ImportReport {
  readonly fileName: string;
  /** The stored file; null if nothing in it was accepted. */
  readonly sourceSha256: string | null;
  readonly items: readonly ImportedItem[];
}

export interface ImportInput {
  readonly fileName: string;
  readonly content: string;
  /** Used for items that name none themselves. */
  readonly levelOfTheory: LevelOfTheory | null;
}

interface Source {
  readonly sha256: string;
  readonly fileName: string;
}

/** Brings clusters and their calculations in, each once, and marks calculations that turned out wrong. */
export class Calculations {
  constructor(
    private readonly mutations: Mutations,
    private readonly artifacts: ArtifactStore,
  ) {}

  /** Clusters only; shieldings that the file may hold are left alone. */
  importStructures(caller: Caller, request: MutationRequest, input: ImportInput): Promise<ImportReport> {
    return this.importFile(caller, request, input, null);
  }

  /** Clusters with their calculations: every item needs shieldings for all atoms and a level of theory. */
  importCalculations(caller: Caller, request: MutationRequest, input: ImportInput): Promise<ImportReport> {
    return this.importFile(caller, request, input, (record) => completeCalculation(record, input));
  }

  invalidate(caller: Caller, request: MutationRequest, calculationId: string, reason: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    checkText('reason', reason, 1000);
    return this.mutations.run(caller, request, async (store) => {
      const [calculation] = await store.calculations.getMany([calculationId]);
      if (!calculation) throw new NatriumError('NOT_FOUND', `there is no calculation ${calculationId}`);
      if (calculation.invalidatedAt !== null) {
        throw new NatriumError(
          'INVALID_STATE',
          `calculation ${calculation.label ?? calculationId} was invalidated before: ${calculation.invalidationReason}`,
        );
      }
      await store.calculations.update(calculationId, {
        invalidatedAt: new Date(),
        invalidatedBy: caller.name,
        invalidationReason: reason,
      });
      return calculationId;
    });
  }

  private async importFile(
    caller: Caller,
    request: MutationRequest,
    input: ImportInput,
    complete: ((record: CalculationRecord) => CompleteCalculation) | null,
  ): Promise<ImportReport> {
    requireRole(caller, 'CONTRIBUTOR');
    checkText('fileName', input.fileName, 255);
    const bytes = Buffer.from(input.content, 'utf8');
    if (bytes.length > LARGEST_INLINE_FILE) {
      throw new NatriumError('TOO_LARGE', `${input.fileName} has more than 8 MiB; split it and import the parts`);
    }
    // what is read is what is stored: half surrogate pairs have no bytes of their own
    const items = [...parseExtxyz(bytes.toString('utf8'), input.fileName)].map((item) => checkItem(item, complete));
    if (items.length === 0) {
      throw new NatriumError('MALFORMED_FILE', `${input.fileName} holds no structure; give the text of an extXYZ file`);
    }
    const accepted = items.some((item) => !('error' in item));
    const source = accepted ? await this.keepSource(bytes, input.fileName) : null;

    return this.mutations.run(caller, request, async (store) => {
      // imports of the same clusters in different orders would wait for each other for ever
      await store.lock('import');
      const report: ImportedItem[] = [];
      let sourceSha256: string | null = null;
      for (const parsed of items) {
        const item = 'error' in parsed ? parsed : await checkAgainstStored(store, parsed, input.fileName);
        if ('error' in item) {
          report.push(rejected(item));
          continue;
        }
        if (sourceSha256 === null) {
          sourceSha256 = source!.sha256;
          await store.recordArtifact({
            sha256: sourceSha256,
            byteLength: String(bytes.length),
            mediaType: 'chemical/x-extxyz',
            fileName: input.fileName,
            createdBy: caller.name,
          });
        }
        report.push(await insertItem(store, caller, item, source!));
      }
      return { fileName: input.fileName, sourceSha256, items: report };
    });
  }

  private async keepSource(bytes: Buffer, fileName: string): Promise<Source> {
    const { sha256 } = await this.artifacts.put(bytes);
    return { sha256, fileName };
  }
}

type CompleteCalculation = CalculationRecord & {
  readonly levelOfTheory: LevelOfTheory;
  readonly shieldingsPpm: Float64Array;
};

interface AcceptedItem {
  readonly line: number;
  readonly label: string | null;
  readonly record: CalculationRecord;
  readonly calculation: CompleteCalculation | null;
}

type RejectedItem = Extract<ParsedItem, { error: NatriumError }>;

function checkItem(
  item: ParsedItem,
  complete: ((record: CalculationRecord) => CompleteCalculation) | null,
): AcceptedItem | RejectedItem {
  if ('error' in item) return item;
  try {
    return { ...item, calculation: complete === null ? null : complete(item.record) };
  } catch (error) {
    if (!(error instanceof NatriumError)) throw error;
    return { line: item.line, label: item.label, error };
  }
}

function completeCalculation(record: CalculationRecord, input: ImportInput): CompleteCalculation {
  const where = `${input.fileName}, line ${record.line}`;
  const details = { file: input.fileName, line: record.line };
  if (record.shieldingsPpm === null) {
    throw new NatriumError(
      'MISSING_SHIELDING',
      `${where}: the item holds no shieldings; add the column ms_shielding:R:9 or sigma_iso:R:1, or use importStructures`,
      details,
    );
  }
  const without = record.shieldingsPpm.findIndex(Number.isNaN);
  if (without >= 0) {
    throw new NatriumError(
      'MISSING_SHIELDING',
      `${where}: atom ${without + 1} has no shielding; compute those of all atoms, or use importStructures`,
      details,
    );
  }
  const levelOfTheory = record.levelOfTheory ?? input.levelOfTheory;
  if (levelOfTheory === null) {
    throw new NatriumError(
      'MISSING_LEVEL_OF_THEORY',
      `${where}: the item does not say program, program_version, method and basis; add them or give levelOfTheory`,
      details,
    );
  }
  return { ...record, levelOfTheory, shieldingsPpm: record.shieldingsPpm };
}

/** Two results for one thing cannot both be right, and whoever names it could not say which is meant. */
async function checkAgainstStored(
  store: Store,
  item: AcceptedItem,
  file: string,
): Promise<AcceptedItem | RejectedItem> {
  const { line, label, calculation } = item;
  if (label === null || calculation === null) return item;
  const cluster = await store.clusters.findOne({ identitySha256: structureHash(calculation.structure) });
  const { program, version, method, basis } = calculation.levelOfTheory;
  const level = cluster && (await store.levelsOfTheory.findOne({ program, version, method, basis }));
  if (level === null) return item;
  const same = await store.calculations.findAll({ clusterId: cluster!.id, levelOfTheoryId: level.id, label });
  const contentSha256 = calculationHash(calculation);
  const other = same.find((each) => each.invalidatedAt === null && each.contentSha256 !== contentSha256);
  if (other === undefined) return item;
  const error = new NatriumError(
    'CONFLICTING_CALCULATION',
    `${file}, line ${line} (${label}): this cluster has a calculation of that name and level of theory with other ` +
      `values, from line ${other.sourceLine} of ${other.sourceFileName}; invalidate that one or give this one another id`,
    { file, line },
  );
  return { line, label, error };
}

function rejected(item: RejectedItem): ImportedItem {
  return {
    line: item.line,
    label: item.label,
    status: 'REJECTED',
    clusterId: null,
    calculationId: null,
    error: { code: item.error.code, message: item.error.message },
  };
}

async function insertItem(store: Store, caller: Caller, item: AcceptedItem, source: Source): Promise<ImportedItem> {
  const cluster = await insertCluster(store, caller, item.record, source);
  const calculation =
    item.calculation === null ? null : await insertCalculation(store, caller, cluster.id, item.calculation, source);
  const inserted = calculation === null ? cluster.inserted : calculation.inserted;
  return {
    line: item.line,
    label: item.label,
    status: inserted ? 'INSERTED' : 'EXISTING',
    clusterId: cluster.id,
    calculationId: calculation?.id ?? null,
    error: null,
  };
}

interface Inserted {
  readonly id: string;
  readonly inserted: boolean;
}

async function insertCluster(
  store: Store,
  caller: Caller,
  record: CalculationRecord,
  source: Source,
): Promise<Inserted> {
  const structure: Structure = record.structure;
  const identitySha256 = structureHash(structure);
  const inserted = await store.clusters.insertUnlessExists(
    {
      identitySha256,
      fingerprint: structureFingerprint(structure),
      label: record.label,
      formula: formulaOf(structure.atomicNumbers),
      size: structure.atomicNumbers.length,
      atomicNumbers: structure.atomicNumbers,
      positionsAngstrom: [...structure.positionsAngstrom],
      charge: structure.charge,
      multiplicity: structure.multiplicity,
      provenance: record.provenance,
      sourceSha256: source.sha256,
      sourceLine: record.line,
      createdBy: caller.name,
    },
    ['identitySha256'],
  );
  if (inserted !== null) return { id: inserted.id, inserted: true };
  return { id: (await store.clusters.findOne({ identitySha256 }))!.id, inserted: false };
}

async function insertCalculation(
  store: Store,
  caller: Caller,
  clusterId: string,
  record: CompleteCalculation,
  source: Source,
): Promise<Inserted> {
  const contentSha256 = calculationHash(record);
  const level = record.levelOfTheory;
  const { program, version, method, basis } = level;
  await store.levelsOfTheory.insertUnlessExists({ program, version, method, basis, createdBy: caller.name }, [
    'program',
    'version',
    'method',
    'basis',
  ]);
  const levelOfTheory = (await store.levelsOfTheory.findOne({ program, version, method, basis }))!;
  const inserted = await store.calculations.insertUnlessExists(
    {
      contentSha256,
      clusterId,
      levelOfTheoryId: levelOfTheory.id,
      label: record.label,
      energyHartree: record.energyHartree,
      spinSquared: record.spinSquared,
      shieldingGauge: record.shieldingGauge,
      shieldingsPpm: [...record.shieldingsPpm],
      shieldingTensorsPpm: record.shieldingTensorsPpm && [...record.shieldingTensorsPpm],
      tensorIndexOrder: record.tensorIndexOrder,
      populationLabels: record.populationLabels,
      grossOrbitalPopulations: record.grossOrbitalPopulations && [...record.grossOrbitalPopulations],
      electricFieldGradientsAu: record.electricFieldGradientsAu && [...record.electricFieldGradientsAu],
      givenSplit: record.split,
      provenance: record.provenance,
      sourceSha256: source.sha256,
      sourceFileName: source.fileName,
      sourceLine: record.line,
      invalidatedAt: null,
      invalidatedBy: null,
      invalidationReason: null,
      createdBy: caller.name,
    },
    ['contentSha256'],
  );
  if (inserted !== null) return { id: inserted.id, inserted: true };
  return { id: (await store.calculations.findOne({ contentSha256 }))!.id, inserted: false };
}

/** sha256 of what was computed, not of how the file named it: the same result imported twice is one calculation. */
export function calculationHash(record: CompleteCalculation): string {
  return sha256Hex(
    canonicalJson({
      cluster: structureHash(record.structure),
      levelOfTheory: record.levelOfTheory,
      energyHartree: record.energyHartree,
      spinSquared: record.spinSquared,
      shieldingGauge: record.shieldingGauge,
      shieldingsPpm: [...record.shieldingsPpm],
      shieldingTensorsPpm: record.shieldingTensorsPpm && [...record.shieldingTensorsPpm],
      tensorIndexOrder: record.tensorIndexOrder,
      populationLabels: record.populationLabels,
      grossOrbitalPopulations: record.grossOrbitalPopulations && [...record.grossOrbitalPopulations],
      electricFieldGradientsAu: record.electricFieldGradientsAu && [...record.electricFieldGradientsAu],
    }),
  );
}
