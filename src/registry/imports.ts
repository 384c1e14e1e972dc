import type { CalculationRecord, LevelOfTheory } from '../chemistry/calculation-record.ts';
import type { ParsedItem } from '../chemistry/extxyz.ts';
import { chunkOf, detectFormat, type FileFormat, MEDIA_TYPES, readItems } from '../chemistry/formats.ts';
import { structureHash } from '../chemistry/structure-identity.ts';
import { NatriumError } from '../errors.ts';
import {
  type CompleteCalculation,
  calculationHash,
  insertCalculation,
  insertCluster,
  type Source,
} from './calculations.ts';
import { type Caller, requireRole } from './caller.ts';
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
  /** Null: as the content begins. */
  readonly format: FileFormat | null;
  /** Used for items that name none themselves. */
  readonly levelOfTheory: LevelOfTheory | null;
}

/** Brings the clusters and calculations of a file in, each once. */
export class Imports {
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
    // the reader of XYZ says best what is wrong with the beginning of a file
    const format = input.format ?? detectFormat(bytes) ?? 'EXTXYZ';
    const items: (AcceptedItem | RejectedItem)[] = [];
    for await (const item of readItems(chunkOf(bytes), input.fileName, format)) items.push(checkItem(item, complete));
    if (items.length === 0) {
      throw new NatriumError(
        'MALFORMED_FILE',
        `${input.fileName} holds no structure; give the text of a file of a known format`,
      );
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
            mediaType: MEDIA_TYPES[format],
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
