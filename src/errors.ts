/**
 * Every error that a caller may see, with its GraphQL `extensions.code`. Anything else that is thrown is a defect of ours
 * and reaches the caller masked, as INTERNAL_SERVER_ERROR with the id of the request to look up in the log.
 */
export const ERROR_CODES = {
  BAD_USER_INPUT: 'An argument is missing, malformed or contradicts another one.',
  MALFORMED_FILE: 'A file does not follow its format; `line` says where.',
  UNKNOWN_ELEMENT: 'An element symbol or atomic number that does not exist.',
  NON_FINITE_NUMBER: 'A position, a value or a prediction is NaN or infinite.',
  ATOMS_TOO_CLOSE: 'Two atoms of a cluster are closer than 0.5 Å.',
  PERIODIC_STRUCTURE: 'The structure is periodic; the registry holds finite clusters only.',
  INVALID_STRUCTURE: 'A structure that cannot exist: no atoms, or an impossible charge and multiplicity.',
  MISSING_SHIELDING: 'A calculation lacks the shielding of an atom, or all of them.',
  MISSING_LEVEL_OF_THEORY: 'A calculation does not say by which program, version, method and basis it was made.',
  CONFLICTING_CALCULATION: 'A stored calculation of the same name, cluster and level of theory has other values.',
  MIXED_LEVELS_OF_THEORY:
    'Levels of theory would be mixed: in a data set version without being asked to, in shifts, which have one reference, or in ' +
    'a comparison of model versions.',
  NOT_COMPARABLE: 'Model versions that were not evaluated on the same atoms.',
  EMPTY_SPLIT: 'A split that is needed has no clusters.',
  FEATURES_UNAVAILABLE:
    'A feature set needs data that a cluster lacks, such as orbital populations, or a model was not trained on its elements.',
  INVALID_HYPERPARAMETER: 'A hyperparameter is outside its range.',
  NOT_CONVERGED: 'A relaxation did not end in a minimum of a connected cluster.',
  TOO_LARGE: 'The request, the file or the answer is larger than the server allows.',
  NOT_FOUND: 'No such record.',
  ALREADY_EXISTS: 'A record of that name exists with other content.',
  INVALID_STATE: 'The record is in a state that does not allow this.',
  IDEMPOTENCY_CONFLICT: 'The idempotency key was used before with other input.',
  UNAUTHENTICATED: 'The token is missing, unknown or revoked.',
  FORBIDDEN: 'The role of the token does not allow this.',
  CORRUPT_ARTIFACT: 'Stored bytes do not match their sha256, are missing, or are not what they should be.',
  UNAVAILABLE: 'A part that the request needs, such as the artifact store, cannot be reached; try again.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An error meant for the caller: `message` names the thing, the place and the way out; `details` become `extensions`. */
export class NatriumError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'NatriumError';
  }
}

/** A compute process has ended. Unlike a database that is away it may end so each time, so nobody tries for ever. */
export class ComputeLost extends NatriumError {
  constructor(how: string) {
    super('UNAVAILABLE', `the compute process ${how}; try again`);
  }
}
