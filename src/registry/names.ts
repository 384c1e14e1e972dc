import { NatriumError } from '../errors.ts';
import type { Cluster } from './records.ts';

const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?$/;

/** Names stand in references such as `name/3` and `name@champion`, so they hold neither `/` nor `@`. */
export function checkName(what: string, name: string): void {
  if (!NAME.test(name)) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `${what} ${JSON.stringify(name.slice(0, 120))} is no name: 1 to 100 of a-z, 0-9, '.', '_' and '-', letters or digits at both ends`,
    );
  }
}

export function checkText(what: string, text: string, maxLength: number): void {
  if (text.trim().length === 0 || text.length > maxLength || text.includes('\0')) {
    throw new NatriumError('BAD_USER_INPUT', `${what} must have 1 to ${maxLength} characters and no NUL`);
  }
}

/** A reference in parts: `name`, `name/3` or `name@alias`. */
export interface Reference {
  readonly name: string;
  readonly version: number | null;
  readonly alias: string | null;
}

export function parseReference(what: string, text: string): Reference {
  const match = /^([^/@]+)(?:\/([1-9]\d{0,8})|@([^/@]+))?$/.exec(text);
  if (match === null || text.includes('\0')) {
    throw new NatriumError('BAD_USER_INPUT', `${what} ${JSON.stringify(text.slice(0, 200))} is not of the form name/3`);
  }
  return { name: match[1], version: match[2] === undefined ? null : Number(match[2]), alias: match[3] ?? null };
}

/** How messages name a cluster: by its label, or by its formula and the first digits of its identity, which a filter finds. */
export function nameOfCluster({
  label,
  formula,
  identitySha256,
}: Pick<Cluster, 'label' | 'formula' | 'identitySha256'>): string {
  return `cluster ${label ?? `${formula} ${identitySha256.slice(0, 12)}`}`;
}
