import { NatriumError } from '../../errors.ts';
import type { CalculationRecord, LevelOfTheory, TensorIndexOrder } from '../calculation-record.ts';
import { CLUSTER_KEY } from '../inputs/name-tag.ts';
import { checkStructure, type Structure } from '../structure.ts';
import type { Job } from './job.ts';
import type { Fault, Populations, Step } from './step.ts';

/**
 * The record of a finished job. Throws a NatriumError that names file and line: MISSING_SHIELDING if a block of shieldings
 * broke off or the job ended with an error before there were any, MALFORMED_FILE if there is no geometry, charge or
 * multiplicity, and whatever is wrong with the step that is the result.
 */
export function recordOf(job: Job, tensorIndexOrder: TensorIndexOrder): CalculationRecord {
  const step = job.result();
  const fault = faultOf(job, step);
  // shieldings whose geometry was lost are no result either
  if (fault !== null || step === null || step.geometry === null) throw job.error(fault ?? noGeometry(job));
  const atoms = step.geometry.atomicNumbers.flatMap((z, k) => (z === 0 ? [] : [k]));
  const { shieldings } = step;
  const correlated = (shieldings === null || shieldings.correlated) && step.correlated !== null;
  const method = correlated ? step.correlated!.method : step.method;
  return {
    label: step.nameTag?.label ?? null,
    line: step.taskLine,
    structure: structureOf(job, step, atoms),
    levelOfTheory: levelOf(job, method, step.basis),
    energyHartree: correlated ? step.correlated!.energyHartree : step.energyHartree,
    // programs print a tiny negative value as -0.0000
    spinSquared: step.spinSquared === null ? null : step.spinSquared + 0,
    shieldingGauge: shieldings?.gauge ?? null,
    shieldingsPpm:
      shieldings && Float64Array.from(atoms, (k) => shieldings.byCenter.get(k + 1)?.isotropic ?? Number.NaN),
    shieldingTensorsPpm: shieldings && tensorsOf(atoms, (center) => shieldings.byCenter.get(center)?.tensor),
    tensorIndexOrder: shieldings === null ? 'UNKNOWN' : tensorIndexOrder,
    ...populationsOf(step.populations, atoms),
    electricFieldGradientsAu:
      step.fieldGradients.size === 0 ? null : tensorsOf(atoms, (center) => step.fieldGradients.get(center)),
    split: null,
    provenance: provenanceOf(job, step, method),
  };
}

/** Why there is no result, or why the one there is cannot be right. */
function faultOf(job: Job, step: Step | null): Fault | null {
  const { shielded, brokenShieldings, ending } = job;
  const { fault } = step ?? job.step;
  // a geometry that cannot be right is why the shieldings after it cannot be read
  const isCause = fault !== null && brokenShieldings !== null && fault.line < brokenShieldings.line;
  if (shielded === null && brokenShieldings !== null && !isCause) {
    const { message } = brokenShieldings;
    return {
      ...brokenShieldings,
      message: ending.note === null ? message : `${message} The program says: ${ending.note}`,
    };
  }
  if (shielded === null && ending.termination === 'ERROR') {
    return {
      line: ending.line ?? job.line,
      code: 'MISSING_SHIELDING',
      message: `the job ended with an error before it had shieldings: ${ending.note}`,
    };
  }
  return fault;
}

function noGeometry({ program, line }: Job): Fault {
  return {
    line,
    code: 'MALFORMED_FILE',
    message: `this ${program} output has no geometry for its result; is it cut off?`,
  };
}

function structureOf(job: Job, { geometry, charge, multiplicity }: Step, atoms: readonly number[]): Structure {
  const { line, atomicNumbers, positionsAngstrom } = geometry!;
  if (charge === null || multiplicity === null) {
    throw job.error({
      line,
      code: 'MALFORMED_FILE',
      message: 'there is a geometry, but no charge and multiplicity; is the file cut off?',
    });
  }
  const structure: Structure = {
    atomicNumbers: atoms.map((k) => atomicNumbers[k]),
    positionsAngstrom: Float64Array.from(atoms.flatMap((k) => positionsAngstrom.slice(3 * k, 3 * k + 3))),
    charge,
    multiplicity,
  };
  try {
    checkStructure(structure, `${job.fileName}, line ${line}`);
  } catch (error) {
    if (!(error instanceof NatriumError)) throw error;
    throw new NatriumError(error.code, error.message, { ...error.details, file: job.fileName, line });
  }
  return structure;
}

function levelOf({ program, version }: Job, method: string | null, basis: string | null): LevelOfTheory | null {
  return version !== null && method !== null && basis !== null ? { program, version, method, basis } : null;
}

/** Flattened [atoms, 3, 3]; NaN where the program printed none. */
function tensorsOf(
  atoms: readonly number[],
  tensorOf: (center: number) => readonly number[] | undefined,
): Float64Array {
  const all = new Float64Array(9 * atoms.length).fill(Number.NaN);
  atoms.forEach((k, atom) => {
    all.set(tensorOf(k + 1) ?? [], 9 * atom);
  });
  return all;
}

function populationsOf(
  populations: Populations | null,
  atoms: readonly number[],
): Pick<CalculationRecord, 'populationLabels' | 'grossOrbitalPopulations'> {
  if (populations === null) return { populationLabels: null, grossOrbitalPopulations: null };
  const labels = [...new Set(atoms.flatMap((k) => [...(populations.get(k + 1)?.keys() ?? [])]))];
  const values = new Float64Array(atoms.length * labels.length).fill(Number.NaN);
  atoms.forEach((k, atom) => {
    const own = populations.get(k + 1);
    labels.forEach((label, column) => {
      values[atom * labels.length + column] = own?.get(label) ?? Number.NaN;
    });
  });
  return { populationLabels: labels, grossOrbitalPopulations: values };
}

function provenanceOf(job: Job, step: Step, method: string | null): CalculationRecord['provenance'] {
  const { version, tasks, shieldingBlocks, ending, brokenShieldings } = job;
  const partialLevel =
    levelOf(job, method, step.basis) === null
      ? { program: job.program, program_version: version, method, basis: step.basis }
      : {};
  const ghosts = step.geometry!.atomicNumbers.filter((z) => z === 0).length;
  const all = {
    ...partialLevel,
    title: step.title,
    [CLUSTER_KEY]: step.nameTag?.identitySha256 ?? null,
    frame: step.geometry!.frame,
    ...Object.fromEntries(job.facts),
    ghost_centers: ghosts === 0 ? null : ghosts,
    tasks,
    task: step.task,
    shielding_blocks: shieldingBlocks === 0 ? null : shieldingBlocks,
    shielding_line: step.shieldings?.line ?? null,
    result_note: resultNote(job, step),
    broken_shieldings: brokenShieldings?.message ?? null,
    termination: ending.termination,
    termination_note: ending.note,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string | number | boolean] => entry[1] !== null),
  );
}

/** In which words the answer says that a file held more than one thing. */
function resultNote({ tasks, shieldingBlocks }: Job, { task, shieldings }: Step): string | null {
  if (tasks === 1 && shieldingBlocks <= 1) return null;
  return shieldings === null
    ? `no task has shieldings; this is task ${task} of ${tasks}, the last with results`
    : `the shieldings are of task ${task} of ${tasks}: the last complete block of ${shieldingBlocks}, at line ${shieldings.line}`;
}
