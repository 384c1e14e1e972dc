import type { Arena } from './arena.ts';
import type { ParameterLayout } from './parameters.ts';

/** Addresses of what depends on elements alone; `own` is the part of one. */
export interface ElementTables {
  readonly count: number;
  /** The first block's table: filters times features times f2out, a row an element and node. */
  readonly gathered: number;
  readonly dGathered: number;
  /** What later layers take from an atom of the element before any nonlinearity adds to it. */
  readonly taken: number;
  readonly dTaken: number;
  own(element: number): {
    readonly gathered: number;
    readonly dGathered: number;
    /** Filters of the first block times features. */
    readonly table: number;
    readonly taken: number;
    readonly dTaken: number;
    /** The element's features after in2f of the first block. */
    readonly filtered: number;
    /** Its features after each block, as far as they are the same for all its atoms. */
    readonly features: number;
  };
}

/** Room for so many elements, in a network of so many blocks with filters at up to `mostNodes` distances. */
export function allocateElementTables(
  arena: Arena,
  count: number,
  blocks: number,
  mostNodes: number,
  widths: ParameterLayout['widths'],
): ElementTables {
  const { basis, filters, taken } = widths;
  const room = (numbers: number) => arena.allocate(count * numbers);
  const addresses = {
    ...{ gathered: room(mostNodes * basis), dGathered: room(mostNodes * basis), tables: room(mostNodes * filters) },
    ...{ taken: room(taken), dTaken: room(taken), filtered: room(filters), features: room(blocks * basis) },
  };
  return {
    ...addresses,
    count,
    own: (element) => ({
      gathered: addresses.gathered + 4 * element * mostNodes * basis,
      dGathered: addresses.dGathered + 4 * element * mostNodes * basis,
      table: addresses.tables + 4 * element * mostNodes * filters,
      taken: addresses.taken + 4 * element * taken,
      dTaken: addresses.dTaken + 4 * element * taken,
      filtered: addresses.filtered + 4 * element * filters,
      features: addresses.features + 4 * element * blocks * basis,
    }),
  };
}
