import { NatriumError } from '../errors.ts';

/** Names of the types that have global ids. */
export const NODE_TYPES = [
  'ApiToken',
  'Calculation',
  'Cluster',
  'ClusterRun',
  'Dataset',
  'DatasetVersion',
  'Evaluation',
  'FeatureSet',
  'Import',
  'Job',
  'LevelOfTheory',
  'Model',
  'ModelVersion',
  'Prediction',
  'ShieldingReference',
  'Study',
  'TrainingRun',
  'Trial',
  'Upload',
] as const;

export type NodeType = (typeof NODE_TYPES)[number];

/** A global id is `Type:id` in base64, as Relay has it: opaque, but it says what it is an id of. */
export function toGlobalId(type: NodeType, id: string): string {
  return Buffer.from(`${type}:${id}`).toString('base64');
}

export function fromGlobalId(globalId: string): { readonly type: NodeType; readonly id: string } {
  const [type, id] = Buffer.from(globalId, 'base64').toString('utf8').split(':');
  if (!NODE_TYPES.includes(type as NodeType) || !/^\d{1,18}$/.test(id ?? '')) {
    throw new NatriumError('NOT_FOUND', `${JSON.stringify(globalId.slice(0, 100))} is not an id that this server gave`);
  }
  return { type: type as NodeType, id };
}

/** The store's id in a global id that must be of `type`. */
export function idOf(type: NodeType, globalId: string): string {
  const found = fromGlobalId(globalId);
  if (found.type !== type) {
    throw new NatriumError('NOT_FOUND', `${JSON.stringify(globalId)} is the id of a ${found.type}, not of a ${type}`);
  }
  return found.id;
}
