import { interactionLayers } from '../weights.ts';
import type { Arena } from './arena.ts';
import type { Widths } from './parameters.ts';

/** Addresses of one interaction block; `d` are derivatives of the loss. Tables have a row a node, the others a row an atom. */
export interface Block {
  /** Filter network: its weights, what its hidden layer gives and with which slope, and the table of filters. */
  readonly filterHidden: number;
  readonly filterHiddenBias: number;
  readonly filter: number;
  readonly filterBias: number;
  readonly hidden: number;
  readonly hiddenSlope: number;
  readonly table: number;
  readonly dTable: number;
  readonly f2out: number;
  readonly f2outBias: number;
  readonly dense: number;
  readonly denseBias: number;
  /** The dense layer times all that later layers take of its outcome, [basis, taken]. */
  readonly product: number;
  readonly dProduct: number;
  /** As matrix products read them, and their transposes: the product from `firstTaken` on, and f2out. */
  readonly packedProduct: number;
  readonly packedProductTransposed: number;
  readonly packedF2out: number;
  readonly packedF2outTransposed: number;
  /** First of the columns that later layers take of this block's outcome. */
  readonly firstTaken: number;
}

/** Room for what each of so many blocks has beside its parameters, whose addresses `parameter` knows by name. */
export function allocateBlocks(
  arena: Arena,
  count: number,
  mostNodes: number,
  { basis, filters, taken }: Widths,
  parameter: (name: string) => number,
): Block[] {
  const table = () => arena.allocate(mostNodes * filters);
  return Array.from({ length: count }, (_, block) => {
    const layers = interactionLayers(block);
    return {
      filterHidden: parameter(layers.filterHidden),
      filterHiddenBias: parameter(`${layers.filterHidden}.bias`),
      filter: parameter(layers.filter),
      filterBias: parameter(`${layers.filter}.bias`),
      ...{ hidden: table(), hiddenSlope: table(), table: table(), dTable: table() },
      f2out: parameter(layers.f2out),
      f2outBias: parameter(`${layers.f2out}.bias`),
      dense: parameter(layers.dense),
      denseBias: parameter(`${layers.dense}.bias`),
      ...{ product: arena.allocate(basis * taken), dProduct: arena.allocate(basis * taken) },
      ...{ packedProduct: arena.allocate(basis * taken), packedProductTransposed: arena.allocate(basis * taken) },
      ...{ packedF2out: arena.allocate(filters * basis), packedF2outTransposed: arena.allocate(filters * basis) },
      firstTaken: block * filters,
    };
  });
}
