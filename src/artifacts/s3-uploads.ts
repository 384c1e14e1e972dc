import type { Client } from 'minio';
import { NatriumError } from '../errors.ts';
import type { UploadStore } from '../registry/ports.ts';
import { describeBucket, openS3Client, type S3Settings } from './s3-client.ts';
import { explainS3Error, s3CodeOf } from './s3-errors.ts';
import { nothingPut } from './uploads.ts';

/** Uploads as objects of the artifacts' bucket, below `uploads/`; they go to the S3 without passing through the API. */
export class S3UploadStore implements UploadStore {
  private readonly client: Client;

  constructor(private readonly settings: S3Settings) {
    this.client = openS3Client(settings);
  }

  address(key: string, seconds: number): Promise<string> {
    return this.guard(() => this.client.presignedPutObject(this.settings.bucket, nameOf(key), seconds));
  }

  byteLength(key: string): Promise<number | null> {
    return this.guard(async () => {
      try {
        return (await this.client.statObject(this.settings.bucket, nameOf(key))).size;
      } catch (error) {
        if (s3CodeOf(error) === 'NotFound') return null;
        throw error;
      }
    });
  }

  fetch(key: string, path: string): Promise<void> {
    return this.guard(async () => {
      try {
        await this.client.fGetObject(this.settings.bucket, nameOf(key), path);
      } catch (error) {
        if (['NoSuchKey', 'NotFound'].includes(s3CodeOf(error))) throw nothingPut();
        throw error;
      }
    });
  }

  remove(key: string): Promise<void> {
    return this.guard(() => this.client.removeObject(this.settings.bucket, nameOf(key)));
  }

  private async guard<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw error instanceof NatriumError ? error : explainS3Error(error, describeBucket(this.settings));
    }
  }
}

function nameOf(key: string): string {
  return `uploads/${key}`;
}
