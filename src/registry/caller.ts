import { NatriumError } from '../errors.ts';
import { ROLES, type Role } from './records.ts';

/** Who a request comes from. `scope` separates the idempotency keys of callers. */
export interface Caller {
  readonly name: string;
  readonly role: Role;
  readonly scope: string;
}

/** A request on the loopback interface without a token. */
export const LOCAL_ADMIN: Caller = { name: 'local admin', role: 'ADMIN', scope: 'local' };

/** The registry itself: example data, and what workers write. */
export const SYSTEM: Caller = { name: 'natrium', role: 'ADMIN', scope: 'system' };

export function requireRole(caller: Caller, needed: Role): void {
  if (ROLES.indexOf(caller.role) < ROLES.indexOf(needed)) {
    throw new NatriumError('FORBIDDEN', `${caller.name} is a ${caller.role}; this needs the role ${needed}`);
  }
}
