import type { CalculationRecord, LevelOfTheory } from '../chemistry/calculation-record.ts';
import type { Structure } from '../chemistry/structure.ts';
import { formulaOf, structureFingerprint, structureHash } from '../chemistry/structure-identity.ts';
import { NatriumError } from '../errors.ts';
import { type Caller, requireRole } from './caller.ts';
import { canonicalJson, sha256Hex } from './canonical-json.ts';
import type { MutationRequest, Mutations } from './mutations.ts';
import { checkText } from './names.ts';
import type { Store } from './ports.ts';

/** The file that an item came from. */
export interface Source {
  readonly sha256: string;
  readonly fileName: string;
}

/** What is stored of a calculation must have a level of theory and shieldings of all atoms. */
export type CompleteCalculation = CalculationRecord & {
  readonly levelOfTheory: LevelOfTheory;
  readonly shieldingsPpm: Float64Array;
};

/** Calculations that turned out wrong are marked, never edited. */
export class Calculations {
  constructor(private readonly mutations: Mutations) {}

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
}

export interface Inserted {
  readonly id: string;
  readonly inserted: boolean;
}

/** Stores the cluster of a record unless it is there. */
export async function insertCluster(
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

/** Stores a calculation of a cluster unless it is there. */
export async function insertCalculation(
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
