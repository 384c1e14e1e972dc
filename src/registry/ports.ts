/** What the registry needs from the world; `store`, `artifacts` and `jobs` implement it, and the registry knows no other technology. */
export type * from './ports/artifacts.ts';
export type * from './ports/collections.ts';
export type * from './ports/compute.ts';
export type * from './ports/queue.ts';
export type * from './ports/store.ts';
export type * from './ports/work.ts';
