import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { NatriumError } from '../errors.ts';

/** What a caller sees of a defect of ours. */
export const INTERNAL_ERROR = {
  message: 'an internal error; the log of the server has it under the x-request-id of this answer',
  extensions: { code: 'INTERNAL_SERVER_ERROR' },
};

/** What a caller sees of an error: ours as they are, graphql's own as they are, anything else masked. */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const cause = causeOf(error);
  if (cause instanceof NatriumError) {
    return { ...formatted, message: cause.message, extensions: { ...cause.details, code: cause.code } };
  }
  if (isUnexpected(formatted)) {
    return { ...INTERNAL_ERROR, ...(formatted.path && { path: formatted.path }) };
  }
  const { stacktrace: _, ...extensions } = formatted.extensions ?? {};
  return { ...formatted, extensions };
}

/** What was thrown, of an error that graphql has wrapped. */
export function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? error.originalError : error;
}

/** Whether an error is a defect of ours, to be logged with its stack. */
export function isUnexpected(formatted: GraphQLFormattedError): boolean {
  return (formatted.extensions?.code ?? 'INTERNAL_SERVER_ERROR') === 'INTERNAL_SERVER_ERROR';
}
