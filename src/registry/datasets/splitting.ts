import { SPLITS, type Split } from '../../chemistry/calculation-record.ts';
import { NatriumError } from '../../errors.ts';
import type { CalculationSummary, SplitMethod } from '../records.ts';

/** How to split: exactly one of the three. */
export interface SplitInput {
  readonly asGiven: boolean | null;
  readonly bySize: { readonly validation: readonly number[]; readonly test: readonly number[] } | null;
  readonly byList: SplitLists | null;
}

/** A calculation by its id, or all those of a label. */
export type ListedCalculation = { readonly id: string } | { readonly label: string };
export type SplitLists = Readonly<Record<Split, readonly ListedCalculation[]>>;

/** How the calculations of a version are told apart. */
export interface Splitting {
  readonly method: SplitMethod;
  /** The split of each; null where nothing is said of it, so that relatives decide. */
  assign(chosen: readonly CalculationSummary[]): (Split | null)[];
  /** Whether splits count that files gave to relatives which are not chosen. */
  readonly inheritsGiven: boolean;
  /** What to say of a calculation that no relative decides for either. */
  undecided(calculation: CalculationSummary): NatriumError;
}

/** Throws BAD_USER_INPUT unless exactly one way is given and it does not contradict itself. */
export function checkSplit(input: SplitInput): Splitting {
  const given = [input.asGiven === true, input.bySize !== null, input.byList !== null].filter(Boolean).length;
  if (given !== 1) {
    throw new NatriumError('BAD_USER_INPUT', 'split takes exactly one of asGiven: true, bySize and byList');
  }
  if (input.bySize !== null) return splitBySize(input.bySize);
  if (input.byList !== null) return splitByList(input.byList);
  return splitAsGiven;
}

const splitAsGiven: Splitting = {
  method: { kind: 'AS_GIVEN' },
  assign: (chosen) => chosen.map((each) => each.givenSplit),
  inheritsGiven: true,
  undecided: (calculation) =>
    new NatriumError(
      'BAD_USER_INPUT',
      `the file of ${nameOf(calculation)} gave it no split; add split=train to its comment line, or split by size or by list`,
    ),
};

function splitBySize(bySize: { readonly validation: readonly number[]; readonly test: readonly number[] }): Splitting {
  const both = bySize.validation.find((size) => bySize.test.includes(size));
  if (both !== undefined) {
    throw new NatriumError('BAD_USER_INPUT', `size ${both} is in validation and in test; leave it in one of them`);
  }
  return {
    method: { kind: 'BY_SIZE', validationSizes: bySize.validation, testSizes: bySize.test },
    assign: (chosen) =>
      chosen.map((each) => {
        const { size } = each;
        return bySize.test.includes(size) ? 'test' : bySize.validation.includes(size) ? 'validation' : 'train';
      }),
    inheritsGiven: false,
    undecided,
  };
}

function splitByList(byList: SplitLists): Splitting {
  const splitOf = new Map<string, Split>();
  for (const split of SPLITS) {
    for (const listed of byList[split]) {
      const name = listedName(listed);
      const other = splitOf.get(name);
      if (other !== undefined) {
        throw new NatriumError('BAD_USER_INPUT', `${name} is listed in ${other} and in ${split}; list it once`);
      }
      splitOf.set(name, split);
    }
  }
  return {
    method: { kind: 'BY_LIST' },
    assign: (chosen) => {
      const used = new Set<string>();
      const splits = chosen.map((each) => {
        const names = [
          listedName({ id: each.id }),
          ...(each.label === null ? [] : [listedName({ label: each.label })]),
        ];
        const listed = names.filter((name) => splitOf.has(name));
        if (listed.length === 0) return null;
        const [split, other] = new Set(listed.map((name) => splitOf.get(name)!));
        if (other !== undefined) {
          throw new NatriumError(
            'BAD_USER_INPUT',
            `${nameOf(each)} is listed in ${split} and in ${other}; list it once`,
          );
        }
        for (const name of listed) used.add(name);
        return split;
      });
      const unused = [...splitOf.keys()].find((name) => !used.has(name));
      if (unused !== undefined) {
        throw new NatriumError('NOT_FOUND', `${unused} is in the list of the split but not among the calculations`);
      }
      return splits;
    },
    inheritsGiven: false,
    undecided,
  };
}

function undecided(calculation: CalculationSummary): NatriumError {
  return new NatriumError('BAD_USER_INPUT', `${nameOf(calculation)} is in none of the lists; list it or leave it out`);
}

/** Keeps ids and labels apart: a label may look like the id of another calculation. */
function listedName(listed: ListedCalculation): string {
  return 'id' in listed ? `calculation ${listed.id}` : `label ${JSON.stringify(listed.label)}`;
}

/** How messages name a calculation. */
export function nameOf(calculation: Pick<CalculationSummary, 'id' | 'label'>): string {
  return `calculation ${calculation.label ?? calculation.id}`;
}
