import { finished } from 'node:stream/promises';
import express, { type Router } from 'express';
import { NatriumError } from '../errors.ts';
import type { Registry } from '../registry/registry.ts';

/** Takes the bytes of an upload in; see `FileUploadStore`. */
export interface UploadReceiver {
  receive(key: string, content: AsyncIterable<Uint8Array>): Promise<void>;
}

/**
 * `PUT /uploads/KEY`: the bytes of a file, as they are. Whoever knows the address may put them, as with a presigned address
 * of an S3; nobody can read them there.
 */
export function uploadRouter(registry: Registry, receiver: UploadReceiver): Router {
  const router = express.Router();
  router.put('/:key', async (request, response) => {
    const { key } = await registry.uploads.open(request.params.key);
    try {
      await receiver.receive(key, request.iterator({ destroyOnReturn: false }));
    } catch (error) {
      // whoever is still sending reads the answer only after that
      await finished(request.resume()).catch(() => {});
      throw error;
    }
    // what an import may have passed by is not acknowledged
    await registry.uploads.open(key);
    response.status(204).end();
  });
  router.all('/:key', () => {
    throw new NatriumError('BAD_USER_INPUT', 'an upload is put: send the bytes of the file by PUT');
  });
  return router;
}
