import { NatriumError } from '../../errors.ts';
import type { CalculationRecord } from '../calculation-record.ts';
import { parseInteger } from '../numbers.ts';
import { firstIsotropicDisagreement, isotropicShieldingPpm, isotropicShieldingsPpm } from '../shielding-tensor.ts';
import { checkStructure, LARGEST_CLUSTER, lowestMultiplicity, type Structure } from '../structure.ts';
import { fileError } from '../text/file-error.ts';
import { LONGEST_LINE_CHARACTERS } from '../text/line-cutter.ts';
import type { LineReader } from '../text/line-reader.ts';
import { detached, LARGEST_ITEM_CHARACTERS } from '../text/window.ts';
import { type Columns, ColumnsError, PLAIN_COLUMNS, parseColumns } from './columns.ts';
import { CommentSyntaxError, type CommentValue, parseComment } from './comment.ts';
import { looksLikeRow } from './frame-start.ts';
import { type FrameKeys, readKeys } from './keys.ts';
import { type FramePlace, frameError, frameName } from './place.ts';
import { type AtomRows, readRow, startRows } from './rows.ts';

/** Reads the frame at the current line. Throws a NatriumError that names file and line. */
export function readFrame(lines: LineReader, place: FramePlace): CalculationRecord {
  const count = readCount(lines, place);
  const { columns, values } = readCommentLine(lines, place);
  const keys = readKeys(values, place);
  if (count > LARGEST_CLUSTER) {
    throw frameError(
      place,
      place.line,
      'INVALID_STRUCTURE',
      `a frame of ${count} atoms; the registry holds clusters of at most ${LARGEST_CLUSTER}.`,
    );
  }
  const rows = readRows(lines, place, columns, count);
  const structure: Structure = {
    atomicNumbers: rows.atomicNumbers,
    positionsAngstrom: Float64Array.from(rows.positions),
    charge: keys.charge ?? 0,
    multiplicity: keys.multiplicity ?? lowestMultiplicity(rows.atomicNumbers, keys.charge ?? 0),
  };
  checkFrameStructure(structure, place);
  return {
    label: place.label,
    line: place.line,
    structure,
    levelOfTheory: keys.levelOfTheory,
    energyHartree: keys.energyHartree,
    spinSquared: keys.spinSquared,
    shieldingGauge: keys.shieldingGauge,
    ...shieldings(rows, columns, place),
    tensorIndexOrder: keys.tensorIndexOrder,
    ...populations(rows, columns, keys, place),
    electricFieldGradientsAu: columns.fieldGradient === null ? null : Float64Array.from(rows.fieldGradients),
    split: keys.split,
    provenance: Object.fromEntries(
      columns.ignored.length === 0
        ? keys.provenance
        : [...keys.provenance, ['ignored_columns', columns.ignored.join(' ')]],
    ),
  };
}

function readCount(lines: LineReader, place: FramePlace): number {
  const text = (lines.next() ?? '').trim();
  // a count of many digits is still a count, only too large
  const count = /^\d+$/.test(text) ? Number(text) : parseInteger(text);
  if (count === undefined || count < 0) {
    throw frameError(
      place,
      place.line,
      'MALFORMED_FILE',
      `expected the number of atoms of a frame, found "${text.slice(0, 40)}".`,
    );
  }
  if (lines.peek() === null) {
    throw frameError(place, place.line, 'MALFORMED_FILE', 'the file ends after a number of atoms; is it cut off?');
  }
  return count;
}

function readCommentLine(
  lines: LineReader,
  place: FramePlace,
): { columns: Columns; values: ReadonlyMap<string, CommentValue> } {
  const line = lines.line;
  const comment = detached(lines.next() ?? '');
  refuseLongLine(comment, place, line);
  if (comment.includes('\0') || comment.includes('\uFFFD')) {
    throw frameError(
      place,
      line,
      'MALFORMED_FILE',
      'the comment line holds bytes that are no text; is the file damaged?',
    );
  }
  const isPlain = !/(^|\s)Properties\s*=/i.test(comment);
  try {
    const values = parseComment(comment);
    const properties = values.get('Properties') ?? values.get('properties');
    if (properties !== undefined) {
      return { columns: parseColumns(properties.text), values };
    }
    if ([...values.values()].some(({ kind }) => kind !== 'FLAG')) {
      return { columns: PLAIN_COLUMNS, values };
    }
  } catch (error) {
    if (error instanceof ColumnsError) {
      throw frameError(place, line, 'MALFORMED_FILE', `Properties ${error.message}.`);
    }
    if (!(error instanceof CommentSyntaxError)) {
      throw error;
    }
    if (!isPlain) {
      throw frameError(
        place,
        line,
        'MALFORMED_FILE',
        `the comment line ${error.message}; write key=value pairs, texts with spaces in double quotes.`,
      );
    }
  }
  // the comment of a plain XYZ file is free text
  const text = comment.trim();
  return { columns: PLAIN_COLUMNS, values: new Map(text === '' ? [] : [['comment', { kind: 'STRING', text }]]) };
}

function refuseLongLine(text: string, place: FramePlace, line: number): void {
  if (text.length > LONGEST_LINE_CHARACTERS) {
    throw frameError(place, line, 'TOO_LARGE', `a line of more than ${LONGEST_LINE_CHARACTERS} characters.`);
  }
}

function readRows(lines: LineReader, place: FramePlace, columns: Columns, count: number): AtomRows {
  const rows = startRows();
  const start = lines.position;
  for (let atom = 1; atom <= count; atom++) {
    const line = lines.line;
    const text = lines.peek();
    if (text === null || text.trim() === '') {
      const what = text === null ? 'the file ends' : 'a blank line comes';
      throw frameError(
        place,
        line,
        'MALFORMED_FILE',
        `the frame announces ${count} atoms, but ${what} after ${atom - 1}; correct the count or add the missing rows.`,
      );
    }
    refuseLongLine(text, place, line);
    if (lines.position - start > LARGEST_ITEM_CHARACTERS) {
      throw frameError(place, place.line, 'TOO_LARGE', `a frame of more than ${LARGEST_ITEM_CHARACTERS} characters.`);
    }
    readRow(text, columns, rows, (code, message) =>
      frameError(place, line, code, `row ${atom} of ${count}: ${message}`),
    );
    lines.next();
  }
  if (looksLikeRow(lines.peek())) {
    throw frameError(
      place,
      lines.line,
      'MALFORMED_FILE',
      `the frame announces ${count} atoms, but another row follows; correct the count or remove the row.`,
    );
  }
  return rows;
}

function checkFrameStructure(structure: Structure, place: FramePlace): void {
  try {
    checkStructure(structure, frameName(place, place.line));
  } catch (error) {
    if (error instanceof NatriumError) {
      throw fileError(error.code, error.message, { ...error.details, file: place.file, line: place.line });
    }
    throw error;
  }
}

function shieldings(
  rows: AtomRows,
  columns: Columns,
  place: FramePlace,
): Pick<CalculationRecord, 'shieldingsPpm' | 'shieldingTensorsPpm'> {
  if (columns.tensor === null) {
    return {
      shieldingsPpm: columns.isotropic === null ? null : Float64Array.from(rows.isotropic),
      shieldingTensorsPpm: null,
    };
  }
  const tensors = Float64Array.from(rows.tensors);
  if (columns.isotropic === null) {
    return { shieldingsPpm: isotropicShieldingsPpm(tensors), shieldingTensorsPpm: tensors };
  }
  const rounding = (10 ** -rows.isotropicDecimals + 10 ** -rows.tensorDecimals) / 2;
  const atom = firstIsotropicDisagreement(tensors, rows.isotropic, rounding);
  if (atom >= 0) {
    throw frameError(
      place,
      place.line + 2 + atom,
      'MALFORMED_FILE',
      `${columns.isotropic.name} of atom ${atom + 1} is ${rows.isotropic[atom]} ppm, but a third of the trace of its ` +
        `tensor is ${isotropicShieldingPpm(tensors, atom).toFixed(4)} ppm; one of them is wrong.`,
    );
  }
  return { shieldingsPpm: Float64Array.from(rows.isotropic), shieldingTensorsPpm: tensors };
}

function populations(
  rows: AtomRows,
  columns: Columns,
  keys: FrameKeys,
  place: FramePlace,
): Pick<CalculationRecord, 'populationLabels' | 'grossOrbitalPopulations'> {
  if (columns.populations === null) {
    return { populationLabels: null, grossOrbitalPopulations: null };
  }
  const labels = keys.populationLabels;
  const { name, width } = columns.populations;
  if (labels === null || labels.length !== width) {
    throw frameError(
      place,
      place.line + 1,
      'MALFORMED_FILE',
      `the column ${name} has ${width} values, gop_labels ${labels === null ? 'is missing' : `has ${labels.length}`}; ` +
        'name each population once, as in gop_labels="3S 3PX".',
    );
  }
  if (new Set(labels).size !== width) {
    throw frameError(place, place.line + 1, 'MALFORMED_FILE', 'gop_labels holds a label twice; name each one once.');
  }
  return { populationLabels: labels, grossOrbitalPopulations: Float64Array.from(rows.populations) };
}
