import type { CalculationRecord, LevelOfTheory } from '../../chemistry/calculation-record.ts';
import type { ParsedItem } from '../../chemistry/extxyz.ts';
import { structureHash } from '../../chemistry/structure-identity.ts';
import { type ErrorCode, NatriumError } from '../../errors.ts';
import type { Caller } from '../caller.ts';
import type { CalculationMark, New, Store } from '../ports.ts';
import type { Calculation, Cluster, ImportContent, ImportedItem } from '../records.ts';
import {
  type CalculationValues,
  type CompleteCalculation,
  calculationHash,
  calculationValues,
} from './calculations.ts';
import { newCluster } from './new-clusters.ts';
import { checkTexts, shownLabel } from './storable-texts.ts';
import { type Tied, tieToClusters } from './tied-clusters.ts';

/** What an import takes from its items. */
export interface Wanted {
  readonly content: ImportContent;
  /** Of items that name none themselves. */
  readonly levelOfTheory: LevelOfTheory | null;
}

interface Item {
  /** Name of the file that the item comes from. */
  readonly file: string;
  readonly line: number;
  readonly label: string | null;
}

/** An item that has all that is wanted, with the hashes by which it is found. */
export interface AcceptedItem extends Item {
  readonly record: CalculationRecord;
  readonly clusterSha256: string;
  /** The cluster that this one was optimised from, if it says so and that one is known. */
  readonly parentSha256: string | null;
  readonly calculation: AcceptedCalculation | null;
}

interface AcceptedCalculation {
  readonly levelOfTheory: LevelOfTheory;
  readonly values: CalculationValues;
  readonly sha256: string;
}

export interface RejectedItem extends Item {
  readonly error: NatriumError;
}

export type CheckedItem = AcceptedItem | RejectedItem;

/** An item as it was read, and the name of its file. */
export type ReadItem = ParsedItem & { readonly file: string };

/**
 * Ties items to the clusters that they name, and checks that each can be stored and has what is wanted of it: for
 * calculations, the shieldings of all atoms and a level of theory.
 */
export async function checkItems(store: Store, items: readonly ReadItem[], wanted: Wanted): Promise<CheckedItem[]> {
  const records = items.flatMap((item) => ('record' in item ? [item.record] : []));
  const tied = (await tieToClusters(store, records))[Symbol.iterator]();
  return items
    .map((item) => ('error' in item ? item : checkItem(item, tied.next().value!, wanted)))
    .map((item) => ('error' in item ? { ...item, label: shownLabel(item.label) } : item));
}

function checkItem(
  { file, line, label }: Item,
  { record, parentSha256 }: Tied<CalculationRecord>,
  wanted: Wanted,
): CheckedItem {
  try {
    const complete = wanted.content === 'STRUCTURES' ? null : completeCalculation(record, file, wanted);
    checkTexts(record, complete?.levelOfTheory ?? null, file);
    const clusterSha256 = structureHash(record.structure);
    return {
      file,
      line,
      label,
      record,
      clusterSha256,
      parentSha256,
      calculation: complete && calculationOf(complete, clusterSha256),
    };
  } catch (error) {
    if (!(error instanceof NatriumError)) throw error;
    return { file, line, label, error };
  }
}

function calculationOf(complete: CompleteCalculation, clusterSha256: string): AcceptedCalculation {
  const { levelOfTheory } = complete;
  const values = calculationValues(complete);
  return { levelOfTheory, values, sha256: calculationHash(values, levelOfTheory, clusterSha256) };
}

function completeCalculation(record: CalculationRecord, file: string, wanted: Wanted): CompleteCalculation {
  const where = `${file}, line ${record.line}`;
  const details = { file, line: record.line };
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
  const levelOfTheory = record.levelOfTheory ?? wanted.levelOfTheory;
  if (levelOfTheory === null) {
    throw new NatriumError(
      'MISSING_LEVEL_OF_THEORY',
      `${where}: the item does not say program, program_version, method and basis; add them or give levelOfTheory`,
      details,
    );
  }
  return { ...record, levelOfTheory, shieldingsPpm: record.shieldingsPpm };
}

/** What is to become of items, decided against what is stored. */
export interface Ingestion {
  readonly acceptsAny: boolean;
  /** Stores what is new; answers for every item, in order. The source's artifact must be recorded before. */
  insert(store: Store): Promise<ImportedItem[]>;
}

/**
 * Decides what of the items is new, each cluster and each calculation once. Call it in a transaction that holds the lock of
 * {@link lockClusters}, and insert in the same.
 */
export async function planIngestion(
  store: Store,
  caller: Caller,
  items: readonly CheckedItem[],
  sourceSha256: string,
): Promise<Ingestion> {
  const accepted = items.filter((item): item is AcceptedItem => !('error' in item));
  const batch = new Batch(caller, sourceSha256, await findKnown(store, caller, accepted));
  const verdicts = items.map((item) => ('error' in item ? item : batch.add(item)));
  return {
    acceptsAny: verdicts.some((verdict) => typeof verdict === 'string'),
    async insert(into) {
      const { clusterIds, calculationIds } = await batch.insert(into);
      await into.lineage.add(
        items.flatMap((item, i) => {
          if (typeof verdicts[i] === 'object') return [];
          const { clusterSha256, parentSha256 } = item as AcceptedItem;
          const clusterId = clusterIds.get(clusterSha256)!;
          // it may be that of an item that was rejected
          const parentId = clusterIds.get(parentSha256 ?? '');
          if (parentId === undefined || parentId === clusterId) return [];
          return [{ clusterId, parentId, relation: 'OPTIMIZATION', createdBy: caller.name }];
        }),
      );
      return items.map((item, i): ImportedItem => {
        const verdict = verdicts[i];
        const { file, line, label } = item;
        if (typeof verdict === 'object') {
          const { code, message } = verdict.error;
          const nothing = { clusterId: null, calculationId: null };
          return { file, line, label, status: 'REJECTED', ...nothing, error: { code, message } };
        }
        const { clusterSha256, calculation } = item as AcceptedItem;
        return {
          ...{ file, line, label, status: verdict, error: null },
          clusterId: clusterIds.get(clusterSha256)!,
          calculationId: calculation && calculationIds.get(calculation.sha256)!,
        };
      });
    },
  };
}

/** What of the items is stored already. */
interface Known {
  readonly levelIds: ReadonlyMap<string, string>;
  readonly clusterIds: Map<string, string>;
  readonly calculations: readonly CalculationMark[];
}

async function findKnown(store: Store, caller: Caller, items: readonly AcceptedItem[]): Promise<Known> {
  const calculations = items.map((item) => item.calculation).filter((each) => each !== null);
  const levels = new Map(calculations.map(({ levelOfTheory }) => [levelKey(levelOfTheory), levelOfTheory]));
  const levelIds = new Map<string, string>();
  for (const [key, { program, version, method, basis }] of levels) {
    const level = { program, version, method, basis };
    const stored = await store.levelsOfTheory.findOne(level);
    const { id } = stored ?? (await store.levelsOfTheory.insert({ ...level, createdBy: caller.name }));
    levelIds.set(key, id);
  }
  const parentSha256s = items.map((item) => item.parentSha256).filter((sha256) => sha256 !== null);
  const clusterSha256s = unique([...items.map((item) => item.clusterSha256), ...parentSha256s]);
  const clusterIds = await store.clusters.idsBy('identitySha256', clusterSha256s);
  const alike = {
    contentSha256s: unique(calculations.map((each) => each.sha256)),
    clusterIds: [...clusterIds.values()],
    labels: unique(items.map((item) => item.label).filter((label) => label !== null)),
  };
  return {
    levelIds,
    clusterIds,
    calculations: calculations.length === 0 ? [] : await store.calculationsAlike(alike),
  };
}

/** Decides item by item what is new, so that what one item brings is known to the next. */
class Batch {
  private readonly clusters = new Map<string, New<Cluster>>();
  private readonly calculations = new Map<string, { readonly clusterSha256: string; readonly value: NewCalculation }>();
  private readonly stored = new Map<string, CalculationMark>();
  /** Valid calculations by cluster, level of theory and label. */
  private readonly named = new Map<string, Named>();

  constructor(
    private readonly caller: Caller,
    private readonly sourceSha256: string,
    private readonly known: Known,
  ) {
    const sha256s = new Map([...known.clusterIds].map(([sha256, id]) => [id, sha256]));
    for (const mark of known.calculations) {
      this.stored.set(mark.contentSha256, mark);
      const cluster = sha256s.get(mark.clusterId);
      if (cluster === undefined || mark.label === null || mark.invalidationReason !== null) continue;
      this.named.set(nameKey(cluster, mark.levelOfTheoryId, mark.label), mark);
    }
  }

  add(item: AcceptedItem): 'INSERTED' | 'EXISTING' | RejectedItem {
    const { calculation, clusterSha256 } = item;
    if (calculation === null) return this.addCluster(item);
    if (this.calculations.has(calculation.sha256)) return 'EXISTING';
    const stored = this.stored.get(calculation.sha256);
    if (stored !== undefined) {
      const reason = stored.invalidationReason;
      return reason === null
        ? 'EXISTING'
        : this.reject(item, 'INVALID_STATE', `this result is stored and was marked as wrong (${reason}); leave it out`);
    }
    const levelOfTheoryId = this.known.levelIds.get(levelKey(calculation.levelOfTheory))!;
    if (item.label !== null) {
      const key = nameKey(clusterSha256, levelOfTheoryId, item.label);
      const other = this.named.get(key);
      if (other !== undefined) {
        return this.reject(
          item,
          'CONFLICTING_CALCULATION',
          'this cluster has a calculation of that name and level of theory with other values, from line ' +
            `${other.sourceLine} of ${other.sourceFileName}; invalidate that one or give this one another id`,
        );
      }
      this.named.set(key, { sourceLine: item.line, sourceFileName: item.file });
    }
    this.addCluster(item);
    const value = this.newCalculation(item, calculation, levelOfTheoryId);
    this.calculations.set(calculation.sha256, { clusterSha256, value });
    return 'INSERTED';
  }

  /** Ids of all that was added, by hash. */
  async insert(store: Store): Promise<{ clusterIds: Map<string, string>; calculationIds: Map<string, string> }> {
    const clusterIds = this.known.clusterIds;
    for (const [sha256, id] of await store.clusters.insertMany([...this.clusters.values()], 'identitySha256')) {
      clusterIds.set(sha256, id);
    }
    const calculationIds = await store.calculations.insertMany(
      [...this.calculations.values()].map(({ clusterSha256, value }) => ({
        ...value,
        clusterId: clusterIds.get(clusterSha256)!,
      })),
      'contentSha256',
    );
    for (const [sha256, { id }] of this.stored) calculationIds.set(sha256, id);
    return { clusterIds, calculationIds };
  }

  private addCluster({ clusterSha256, record }: AcceptedItem): 'INSERTED' | 'EXISTING' {
    if (this.known.clusterIds.has(clusterSha256) || this.clusters.has(clusterSha256)) return 'EXISTING';
    const cluster = newCluster(record.structure, {
      identitySha256: clusterSha256,
      label: record.label,
      provenance: record.provenance,
      sourceSha256: this.sourceSha256,
      sourceLine: record.line,
      createdBy: this.caller.name,
    });
    this.clusters.set(clusterSha256, cluster);
    return 'INSERTED';
  }

  private newCalculation(
    { record, file }: AcceptedItem,
    { values, sha256 }: AcceptedCalculation,
    levelOfTheoryId: string,
  ): NewCalculation {
    return {
      ...values,
      contentSha256: sha256,
      levelOfTheoryId,
      label: record.label,
      givenSplit: record.split,
      provenance: record.provenance,
      sourceSha256: this.sourceSha256,
      sourceFileName: file,
      sourceLine: record.line,
      invalidatedAt: null,
      invalidatedBy: null,
      invalidationReason: null,
      createdBy: this.caller.name,
    };
  }

  private reject({ file, line, label }: AcceptedItem, code: ErrorCode, reason: string): RejectedItem {
    const name = label === null ? '' : ` (${label})`;
    const error = new NatriumError(code, `${file}, line ${line}${name}: ${reason}`, { file, line });
    return { file, line, label, error };
  }
}

type NewCalculation = Omit<New<Calculation>, 'clusterId'>;
type Named = Pick<CalculationMark, 'sourceFileName' | 'sourceLine'>;

function levelKey({ program, version, method, basis }: LevelOfTheory): string {
  return JSON.stringify([program, version, method, basis]);
}

function nameKey(clusterSha256: string, levelOfTheoryId: string, label: string): string {
  return `${clusterSha256} ${levelOfTheoryId} ${label}`;
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
