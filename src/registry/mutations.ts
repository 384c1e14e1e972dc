import { NatriumError } from '../errors.ts';
import type { Caller } from './caller.ts';
import { canonicalJson, sha256Hex } from './canonical-json.ts';
import type { Store } from './ports.ts';

/** What a caller asked for, as far as repeating it goes. */
export interface MutationRequest {
  readonly operation: string;
  readonly idempotencyKey: string | null;
  /** The whole input: the same key with another input is a conflict. */
  readonly input: unknown;
}

/**
 * Runs every mutation: one transaction, and with an idempotency key at most once. The answer kept for a key must be plain
 * JSON, so it holds ids rather than records.
 */
export class Mutations {
  constructor(private readonly store: Store) {}

  async run<T>(caller: Caller, request: MutationRequest, work: (store: Store) => Promise<T>): Promise<T> {
    const key = request.idempotencyKey;
    if (key === null) return this.store.transaction(work);
    if (key.length < 1 || key.length > 200) {
      throw new NatriumError('BAD_USER_INPUT', 'an idempotency key has 1 to 200 characters; a UUID does well');
    }
    const inputSha256 = sha256Hex(canonicalJson(request.input));
    return this.store.transaction(async (store) => {
      if (await store.takeIdempotencyKey(caller.scope, key, request.operation, inputSha256)) {
        const result = await work(store);
        await store.saveIdempotentResult(caller.scope, key, result);
        return result;
      }
      const earlier = await store.idempotentResult(caller.scope, key);
      if (earlier === null || earlier.operation !== request.operation || earlier.inputSha256 !== inputSha256) {
        throw new NatriumError(
          'IDEMPOTENCY_CONFLICT',
          `the idempotency key ${JSON.stringify(key)} was used before for ${earlier?.operation ?? 'another request'} with other input; use a new key`,
        );
      }
      return earlier.result as T;
    });
  }

  /** The answer kept for this request, if it was made before: lets long work be skipped before it starts. */
  async earlier<T>(caller: Caller, request: MutationRequest): Promise<T | null> {
    if (request.idempotencyKey === null) return null;
    const earlier = await this.store.idempotentResult(caller.scope, request.idempotencyKey);
    const same =
      earlier?.operation === request.operation && earlier.inputSha256 === sha256Hex(canonicalJson(request.input));
    return same ? (earlier.result as T) : null;
  }
}
