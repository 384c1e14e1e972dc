import type { Recorded } from './common.ts';

export const ROLES = ['READER', 'CONTRIBUTOR', 'ADMIN'] as const;
export type Role = (typeof ROLES)[number];

export interface ApiToken extends Recorded {
  readonly name: string;
  readonly role: Role;
  readonly secretSha256: string;
  readonly revokedAt: Date | null;
  readonly revokedBy: string | null;
}
