import { NatriumError } from '../errors.ts';
import type { Collection, Filter, Page } from '../registry/ports.ts';
import type { ItemStatus } from '../registry/records.ts';
import type { Connection, ListArgs, PageArgs } from '../schema/common.ts';
import { filterOfInput } from '../schema/filters.ts';
import type { ItemArgs } from '../schema/imports.ts';

export const MOST_PER_PAGE = 200;

export function checkFirst(first: number): void {
  if (first < 1 || first > MOST_PER_PAGE) {
    throw new NatriumError('BAD_USER_INPUT', `first is ${first}; a page holds 1 to ${MOST_PER_PAGE}`);
  }
}

/** Cursors are positions in the order by id, wrapped so that nobody computes with them. */
export function toCursor(position: string): string {
  return Buffer.from(`cursor:${position}`).toString('base64');
}

export function fromCursor(cursor: string, form = /^\d{1,18}$/): string {
  const [prefix, position] = Buffer.from(cursor, 'base64').toString('utf8').split(':');
  if (prefix !== 'cursor' || !form.test(position ?? '')) {
    throw new NatriumError('BAD_USER_INPUT', `after is ${JSON.stringify(cursor.slice(0, 100))}; give an endCursor`);
  }
  return position;
}

/** A page of a noun, ordered by id. */
export async function connect<T extends { readonly id: string }>(
  collection: Collection<T>,
  args: ListArgs,
  filter?: object | null,
): Promise<Connection<T>> {
  return connection(await pageOf(collection, args, filterOfInput(filter)), (item) => item.id);
}

/** The records of a page, ordered by id. */
export function pageOf<T extends { readonly id: string }>(
  collection: Collection<T>,
  { first, after, newestFirst }: ListArgs,
  filter: Filter | null,
): Promise<Page<T>> {
  checkFirst(first);
  return collection.page({ first, after: after == null ? null : fromCursor(after), filter, newestFirst });
}

/** A page of a list that is there as a whole. */
export function pageOfAll<T>(all: readonly T[], first: number, start: number): Page<T> {
  return {
    items: all.slice(start, start + first),
    hasNextPage: start + first < all.length,
    totalCount: async () => all.length,
  };
}

/** A page of a list that is there as a whole and stays as it is; cursors are places in it. */
export function connectAll<T>(all: readonly T[], args: PageArgs): Promise<Connection<T>> {
  return connectPlaces(args, (place) => pageOfAll(all, place.first, place.start));
}

/** A page of a list that stays as it is, from a place on; cursors are places in it. */
export async function connectPlaces<T>(
  { first, after }: PageArgs,
  pageFrom: (place: { readonly first: number; readonly start: number }) => Page<T> | Promise<Page<T>>,
): Promise<Connection<T>> {
  checkFirst(first);
  const start = after == null ? 0 : Number(fromCursor(after)) + 1;
  const page = await pageFrom({ first, start });
  return connection(page, (item) => String(start + page.items.indexOf(item)));
}

export function connection<T>(page: Page<T>, position: (item: T) => string): Connection<T> {
  const edges = page.items.map((node) => ({ node, cursor: toCursor(position(node)) }));
  return {
    edges,
    nodes: page.items,
    pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges.at(-1)?.cursor ?? null },
    // counts only when it is asked for
    get totalCount() {
      return page.totalCount();
    },
  };
}

/** A page of what became of the items of background work, which counts them by status itself. */
export async function itemPage<T extends { readonly position: number }>(
  list: (page: { after: number; first: number; status: ItemStatus | null }) => Promise<readonly T[]>,
  { inserted, existing, rejected }: { readonly inserted: number; readonly existing: number; readonly rejected: number },
  args: ItemArgs,
): Promise<Connection<T>> {
  checkFirst(args.first);
  const status = args.status ?? null;
  const after = args.after == null ? -1 : Number(fromCursor(args.after, /^\d{1,9}$/));
  const found = await list({ after, first: args.first + 1, status });
  const counts = { INSERTED: inserted, EXISTING: existing, REJECTED: rejected };
  const page = {
    items: found.slice(0, args.first),
    hasNextPage: found.length > args.first,
    totalCount: async () => (status === null ? inserted + existing + rejected : counts[status]),
  };
  return connection(page, (item) => String(item.position));
}
