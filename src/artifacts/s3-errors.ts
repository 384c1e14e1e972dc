import { NatriumError } from '../errors.ts';

const DISK_FULL = 'its disk is full: make room there';
const QUOTA_USED_UP = 'the quota of the bucket is used up: raise it, or make room';
const BUSY = 'it cannot serve now: try again, and look at its log and disks if that does not help';

const WAY_OUT_OF_CODE: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: 'it does not know the access key: check S3_ACCESS_KEY',
  // versitygw's word for the same
  XAdminUserNotFound: 'it does not know the access key: check S3_ACCESS_KEY',
  SignatureDoesNotMatch: 'it refuses the signature: check S3_SECRET_KEY',
  AccessDenied:
    'it denies access: check S3_ACCESS_KEY and S3_SECRET_KEY, and that they may list, read and write the bucket',
  NoSuchBucket: 'the bucket does not exist: create it, or check S3_BUCKET',
  NotFound: 'the bucket does not exist: create it, or check S3_BUCKET',
  InvalidBucketName:
    'the name of the bucket is not allowed: check S3_BUCKET (3 to 63 lower-case letters, digits, dots, hyphens)',
  BucketAlreadyExists: 'the bucket belongs to somebody else: choose another S3_BUCKET',
  AuthorizationHeaderMalformed: 'it is in another region: check S3_REGION',
  InvalidRegion: 'it is in another region: check S3_REGION',
  MovedPermanently: 'it is in another region: check S3_REGION and S3_ENDPOINT',
  XMinioStorageFull: DISK_FULL,
  InsufficientStorage: DISK_FULL,
  QuotaExceeded: QUOTA_USED_UP,
  XMinioAdminBucketQuotaExceeded: QUOTA_USED_UP,
  SlowDown: BUSY,
  SlowDownRead: BUSY,
  SlowDownWrite: BUSY,
  ServiceUnavailable: BUSY,
  ECONNREFUSED: 'nothing listens there: start it, or check S3_ENDPOINT',
  ENOTFOUND: 'its name cannot be resolved: check S3_ENDPOINT',
  EAI_AGAIN: 'its name cannot be resolved now: check S3_ENDPOINT and the network',
  EHOSTUNREACH: 'there is no way to it: check S3_ENDPOINT and the network',
  ENETUNREACH: 'there is no way to it: check S3_ENDPOINT and the network',
  ETIMEDOUT: 'it does not answer: check S3_ENDPOINT and the network',
  ECONNRESET: 'it broke the connection: check that it runs, and that http or https in S3_ENDPOINT is right',
  EPROTO: 'it does not speak TLS: write http instead of https in S3_ENDPOINT',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted: name its authority by NODE_EXTRA_CA_CERTS',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted: name its authority by NODE_EXTRA_CA_CERTS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted: name its authority by NODE_EXTRA_CA_CERTS',
  CERT_HAS_EXPIRED: 'its certificate has expired: renew it',
};

/** The S3 code of an error, such as `NoSuchKey`, or the code of the system, such as `ECONNREFUSED`; '' when there is none. */
export function s3CodeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string' && error.code !== '') return error.code;
  // errors that the client itself makes, of names it refuses to send
  return error.name === 'InvalidBucketNameError' ? 'InvalidBucketName' : '';
}

/**
 * One line for people, UNAVAILABLE: which store, what is wrong, and what to do.
 *
 * @param clockOffsetMilliseconds the store's clock minus that of this machine
 */
export function explainS3Error(error: unknown, description: string, clockOffsetMilliseconds: number): NatriumError {
  const code = s3CodeOf(error);
  const wayOut =
    (code === 'RequestTimeTooSkewed' ? skewedClocks(clockOffsetMilliseconds) : WAY_OUT_OF_CODE[code]) ??
    wayOutOfMessage(error);
  return new NatriumError(
    'UNAVAILABLE',
    `The artifact store in ${description} cannot be used: ${wayOut}${code === '' ? '' : ` (${code})`}.`,
    { reason: code },
    { cause: error },
  );
}

function skewedClocks(offsetMilliseconds: number): string {
  const seconds = Math.round(Math.abs(offsetMilliseconds) / 1000);
  const [amount, unit] = seconds < 7200 ? [seconds / 60, 'minutes'] : [seconds / 3600, 'hours'];
  const direction = offsetMilliseconds > 0 ? 'ahead of' : 'behind';
  return `its clock is ${amount.toFixed(0)} ${unit} ${direction} that of this machine, which is too much: set both by NTP`;
}

function wayOutOfMessage(error: unknown): string {
  const message = error instanceof Error ? error.message.split('\n')[0].replace(/\.$/, '') : String(error);
  // MinIO says so by an InternalError
  if (/no space left on device|disk quota exceeded/i.test(message)) return DISK_FULL;
  const status = /Retryable HTTP status: (\d+)/.exec(message)?.[1];
  const said = status === undefined ? message || 'it gives no reason' : `it answers with the HTTP status ${status}`;
  return `${said}: check the store and S3_ENDPOINT, then try again`;
}
