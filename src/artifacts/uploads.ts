import { NatriumError } from '../errors.ts';

/** The error of an upload whose bytes have not come. */
export function nothingPut(): NatriumError {
  return new NatriumError('INVALID_STATE', 'nothing has been put to the address of the upload yet; PUT the file there');
}
