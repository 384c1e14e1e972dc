import type { CalculationRecord } from '../calculation-record.ts';
import { symbolOf } from '../elements.ts';
import { jsonProvenance, jsonText } from '../record-text.ts';
import { formulaOf } from '../structure-identity.ts';
import { bohrFromAngstrom } from '../units.ts';
import { EXTRAS_VERSION, type NatriumExtras } from './extras.ts';

/**
 * Writes calculations as QCSchema JSON lines, one object a line: a `qcschema_output` where the level of theory is known, else
 * a `qcschema_molecule`. Geometries are in bohr. Everything QCSchema has no field for stands under `extras.natrium` (see
 * `NatriumExtras`), the positions in Å among it, so that reading gives every double back exactly.
 *
 * The driver is `energy` where the energy is known, else `properties` with an empty result. The same record gives the same
 * bytes whatever version of this program writes it. Throws NON_FINITE_NUMBER for an infinity, which JSON cannot hold.
 */
export function* writeQcSchema(records: Iterable<CalculationRecord>): Generator<string> {
  for (const record of records) {
    yield `${jsonText(record.levelOfTheory === null ? moleculeOf(record, true) : resultOf(record))}\n`;
  }
}

function moleculeOf(record: CalculationRecord, isWhole: boolean): object {
  const { atomicNumbers, positionsAngstrom, charge, multiplicity } = record.structure;
  return {
    schema_name: 'qcschema_molecule',
    schema_version: 2,
    name: record.label ?? formulaOf(atomicNumbers),
    symbols: atomicNumbers.map(symbolOf),
    geometry: positionsAngstrom.map(bohrFromAngstrom),
    molecular_charge: charge,
    molecular_multiplicity: multiplicity,
    // other programs would move the atoms, and tensors and populations depend on the frame
    fix_com: true,
    fix_orientation: true,
    provenance: { creator: 'Natrium', version: String(EXTRAS_VERSION), routine: 'writeQcSchema' },
    ...(isWhole ? { extras: { natrium: extrasOf(record, record.energyHartree) } } : {}),
  };
}

function resultOf(record: CalculationRecord): object {
  const { program, version, method, basis } = record.levelOfTheory!;
  const { routine } = record.provenance;
  const energy = record.energyHartree;
  return {
    schema_name: 'qcschema_output',
    schema_version: 1,
    molecule: moleculeOf(record, false),
    driver: energy === null ? 'properties' : 'energy',
    model: { method, basis },
    keywords: {},
    properties: {
      calcinfo_natom: record.structure.atomicNumbers.length,
      ...(energy === null ? {} : { return_energy: energy }),
    },
    return_result: energy ?? {},
    provenance: { creator: program, version, routine: typeof routine === 'string' ? routine : '' },
    success: true,
    extras: { natrium: extrasOf(record, null) },
  };
}

function extrasOf(record: CalculationRecord, energyHartree: number | null): NatriumExtras {
  const all: { readonly [Key in keyof NatriumExtras]-?: NatriumExtras[Key] | null } = {
    version: EXTRAS_VERSION,
    label: record.label,
    split: record.split,
    positionsAngstrom: record.structure.positionsAngstrom,
    energyHartree,
    spinSquared: record.spinSquared,
    shieldingGauge: record.shieldingGauge,
    shieldingsPpm: record.shieldingsPpm,
    shieldingTensorsPpm: record.shieldingTensorsPpm,
    tensorIndexOrder: record.tensorIndexOrder,
    populationLabels: record.populationLabels,
    grossOrbitalPopulations: record.grossOrbitalPopulations,
    electricFieldGradientsAu: record.electricFieldGradientsAu,
    provenance: jsonProvenance(record.provenance),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)) as unknown as NatriumExtras;
}
