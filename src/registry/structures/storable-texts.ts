import type { CalculationRecord, LevelOfTheory } from '../../chemistry/calculation-record.ts';
import { printable } from '../../chemistry/text/file-error.ts';
import { NatriumError } from '../../errors.ts';

/** The database finds labels and levels of theory by indexes, whose entries have at most some 2,700 bytes. */
const LONGEST_LABEL = 500;
const LONGEST_LEVEL_PART = 200;

/** Whether a text can be stored: PostgreSQL takes neither NUL nor half a surrogate pair. */
export function isStorable(text: string): boolean {
  return !/\0|\p{Surrogate}/u.test(text);
}

/** A label as the report of an import shows it, whatever is wrong with it. */
export function shownLabel(label: string | null): string | null {
  return label && printable(label.slice(0, LONGEST_LABEL)).replaceAll(/\p{Surrogate}/gu, '\uFFFD');
}

/**
 * Refuses a record with a text that cannot be stored (MALFORMED_FILE), or with a label or level of theory that is too long
 * (TOO_LARGE). `file` names its file.
 */
export function checkTexts(record: CalculationRecord, levelOfTheory: LevelOfTheory | null, file: string): void {
  const { label, shieldingGauge, populationLabels, provenance, line } = record;
  const where = `${file}, line ${line}`;
  const details = { file, line };
  const level = Object.entries(levelOfTheory ?? {});
  for (const [name, value, longest] of [
    ['label', label ?? '', LONGEST_LABEL] as const,
    ...level.map(([name, value]) => [name, value, LONGEST_LEVEL_PART] as const),
  ]) {
    if (value.length > longest) {
      throw new NatriumError(
        'TOO_LARGE',
        `${where}: its ${name} has more than ${longest} characters; shorten it`,
        details,
      );
    }
  }
  const texts = [label, shieldingGauge, ...(populationLabels ?? []), ...level.map(([, value]) => value)];
  const all = [...texts, ...Object.entries(provenance).flat()];
  if (all.some((text) => typeof text === 'string' && !isStorable(text))) {
    throw new NatriumError(
      'MALFORMED_FILE',
      `${where}: a text of the item holds a NUL character or half a surrogate pair, which no text may; remove it`,
      details,
    );
  }
}
