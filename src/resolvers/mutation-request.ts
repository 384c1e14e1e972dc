import type { MutationRequest } from '../registry/mutations.ts';

/** The repeatable part of a mutation: its name, its key and the rest of its input. */
export function requestOf(operation: string, input: { readonly idempotencyKey?: string | null }): MutationRequest {
  const { idempotencyKey, ...rest } = input;
  return { operation, idempotencyKey: idempotencyKey ?? null, input: rest };
}
