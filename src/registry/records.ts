/**
 * The registry's nouns as they are stored and passed between the parts. Ids are those of the store; the API makes them
 * global. Shieldings are in ppm, positions in Å and flattened row-major.
 */
export * from './records/access.ts';
export * from './records/chemistry.ts';
export * from './records/common.ts';
export * from './records/datasets.ts';
export * from './records/files.ts';
export * from './records/models.ts';
export * from './records/work.ts';
