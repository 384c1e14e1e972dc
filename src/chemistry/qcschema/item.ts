import type { CalculationRecord, LevelOfTheory } from '../calculation-record.ts';
import { itemError } from '../record-text.ts';
import { natriumExtras, ownProvenance, plainValues, readExtras } from './extras.ts';
import { type Fail, isObject, type JsonObject, MemberReader, member } from './json-value.ts';
import { readMolecule } from './molecule.ts';

const MOLECULES = ['qcschema_molecule', 'qc_schema_molecule'];
const RESULTS = ['qcschema_output', 'qc_schema_output', 'qcschema_atomic_result'];

/** Where the item stands; the label is filled in as soon as it is known, so that later errors can name it. */
export interface LabelledPlace {
  readonly file: string;
  readonly line: number;
  label: string | null;
}

/** The record of one QCSchema object. Throws a NatriumError that names file and line. */
export function readItem(object: JsonObject, place: LabelledPlace): CalculationRecord {
  const fail: Fail = (code, message, details) => itemError(place, code, message, details);
  const item = new MemberReader(object, '', fail);
  if (member(object, 'success') === false) throw failedCalculation(item, fail);
  const isResult = kindOf(item, fail) === 'RESULT';
  const child = isResult ? item.child('molecule') : object;
  if (child === null) throw item.wrong('molecule', 'is missing');
  const molecule = new MemberReader(child, isResult ? 'molecule.' : '', fail);
  const extras = natriumExtras(item, fail);
  place.label = extras === null ? molecule.text('name') : extras.text('label');

  const structure = readMolecule(molecule, extras, fail);
  const calculation = isResult ? readResult(item, fail) : null;
  return {
    label: place.label,
    line: place.line,
    structure,
    levelOfTheory: calculation?.levelOfTheory ?? null,
    energyHartree: calculation?.energyHartree ?? extras?.real('energyHartree') ?? null,
    ...readExtras(extras, structure.atomicNumbers.length, fail),
    provenance: extras !== null ? ownProvenance(extras) : (calculation?.provenance ?? moleculeProvenance(molecule)),
  };
}

function kindOf(item: MemberReader, fail: Fail): 'MOLECULE' | 'RESULT' {
  const name = item.text('schema_name');
  if (name === null ? item.has('symbols') : MOLECULES.includes(name)) return 'MOLECULE';
  if (name === null ? item.has('molecule') : RESULTS.includes(name)) return 'RESULT';
  throw fail(
    'MALFORMED_FILE',
    `schema_name is ${name === null ? 'missing' : JSON.stringify(name.slice(0, 60))}; give qcschema_molecule or qcschema_output.`,
  );
}

function failedCalculation(item: MemberReader, fail: Fail): Error {
  const error = member(item.object, 'error');
  const message = isObject(error) ? member(error, 'error_message') : undefined;
  const said = typeof message === 'string' ? `: ${message.slice(0, 300)}` : ', without saying why';
  return fail('MISSING_SHIELDING', `the calculation failed${said}; leave the item out or compute it again.`);
}

interface Calculation {
  readonly levelOfTheory: LevelOfTheory | null;
  readonly energyHartree: number | null;
  readonly provenance: CalculationRecord['provenance'];
}

function readResult(item: MemberReader, fail: Fail): Calculation {
  const provenance = new MemberReader(item.child('provenance') ?? {}, 'provenance.', fail);
  const { model, driver } = modelOf(item, fail);
  const program = provenance.text('creator');
  const version = provenance.text('version');
  const method = model.text('method');
  const basis = basisOf(model, fail);
  const levelOfTheory =
    program !== null && version !== null && method !== null && basis !== null
      ? { program, version, method, basis }
      : null;
  const partial = levelOfTheory === null ? { program, program_version: version, method, basis } : {};
  return {
    levelOfTheory,
    energyHartree: energyOf(item, driver, fail),
    provenance: {
      ...plainValues(partial, []),
      ...plainValues(provenance.object, ['creator', 'version']),
    },
  };
}

/** Version 2 of the schema moved what was asked for into `input_data.specification`. */
function modelOf(item: MemberReader, fail: Fail): { model: MemberReader; driver: string | null } {
  const input = item.child('input_data');
  const specification = input && new MemberReader(input, 'input_data.', fail).child('specification');
  const asked = specification === null ? item : new MemberReader(specification, 'input_data.specification.', fail);
  return { model: new MemberReader(asked.child('model') ?? {}, 'model.', fail), driver: asked.text('driver') };
}

/** A basis is a name, or an object that holds every function and a name. */
function basisOf(model: MemberReader, fail: Fail): string | null {
  const basis = member(model.object, 'basis');
  return isObject(basis) ? new MemberReader(basis, 'model.basis.', fail).text('name') : model.text('basis');
}

function energyOf(item: MemberReader, driver: string | null, fail: Fail): number | null {
  const properties = new MemberReader(item.child('properties') ?? {}, 'properties.', fail);
  const returned = properties.real('return_energy');
  const result = driver === 'energy' ? item.real('return_result') : null;
  if (returned !== null && result !== null && Math.abs(returned - result) > 1e-6) {
    throw item.wrong(
      'return_result',
      `is ${result} hartree, properties.return_energy ${returned}; one of them is wrong`,
    );
  }
  return returned ?? result ?? properties.real('scf_total_energy');
}

function moleculeProvenance(molecule: MemberReader): CalculationRecord['provenance'] {
  const comment = molecule.text('comment');
  return { ...(comment === null ? {} : { comment }), ...plainValues(molecule.child('provenance'), []) };
}
