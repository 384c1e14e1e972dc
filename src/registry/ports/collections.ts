/** Comparison operators on one field; all that are given must hold. */
export interface FieldOperators {
  readonly equals?: string | number | boolean | Date;
  readonly notEquals?: string | number | boolean | Date;
  readonly in?: readonly (string | number)[];
  readonly lessThan?: number | Date;
  readonly atMost?: number | Date;
  readonly greaterThan?: number | Date;
  readonly atLeast?: number | Date;
  readonly contains?: string;
  readonly startsWith?: string;
  readonly isNull?: boolean;
}

/** A condition on a record: fields with operators, joined by and; nested by `and`, `or`, `not`. */
export interface Filter {
  readonly and?: readonly Filter[];
  readonly or?: readonly Filter[];
  readonly not?: Filter;
  readonly [field: string]: unknown;
}

export interface PageRequest {
  readonly first: number;
  /** Id after which the page starts. */
  readonly after: string | null;
  readonly filter: Filter | null;
  readonly newestFirst: boolean;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly hasNextPage: boolean;
  /** Counts all records that match; runs only when asked. */
  readonly totalCount: () => Promise<number>;
}

/** New values of a record: what the store fills in by itself may be left out. */
export type New<T> = Omit<T, 'id' | 'createdAt'>;

/** The records of one noun. */
export interface Collection<T extends { readonly id: string }> {
  /** Records in the order of `ids`; null where there is none. */
  getMany(ids: readonly string[]): Promise<(T | null)[]>;
  findOne(where: Partial<T>): Promise<T | null>;
  /** All records that match, by id. Only for sets that are bounded by nature. */
  findAll(where: Partial<T>): Promise<T[]>;
  /** All records whose `field` is among `values`, by id. */
  findIn<K extends keyof T & string>(field: K, values: readonly T[K][]): Promise<T[]>;
  page(request: PageRequest): Promise<Page<T>>;
  /** Ids of the records that match, in order; at most `limit`. */
  ids(filter: Filter | null, limit: number): Promise<string[]>;
  /** Ids of the records whose `field`, which is unique, is among `values`. */
  idsBy(field: keyof T & string, values: readonly string[]): Promise<Map<string, string>>;
  insert(value: New<T>): Promise<T>;
  /** Inserts all of them; answers the new ids by the value of `field`, which is unique. */
  insertMany(values: readonly New<T>[], field: keyof T & string): Promise<Map<string, string>>;
  /** Inserts unless a record with the same value of the unique fields exists; returns null then. */
  insertUnlessExists(value: New<T>, unique: readonly (keyof T & string)[]): Promise<T | null>;
  update(id: string, changes: Partial<T>): Promise<void>;
}
