import type { UploadStore } from '../registry/ports.ts';
import { S3Connection, type S3Settings } from './s3-client.ts';
import { s3CodeOf } from './s3-errors.ts';
import { nothingPut } from './uploads.ts';

/** Uploads as objects of the artifacts' bucket, below `uploads/`; they go to the S3 without passing through the API. */
export class S3UploadStore implements UploadStore {
  private readonly connection: S3Connection;

  constructor(private readonly settings: S3Settings) {
    this.connection = new S3Connection(settings);
  }

  address(key: string, seconds: number): Promise<string> {
    return this.connection.guard(() =>
      this.connection.client.presignedPutObject(this.settings.bucket, nameOf(key), seconds),
    );
  }

  byteLength(key: string): Promise<number | null> {
    return this.connection.guard(async () => {
      try {
        return (await this.connection.client.statObject(this.settings.bucket, nameOf(key))).size;
      } catch (error) {
        if (s3CodeOf(error) === 'NotFound') return null;
        throw error;
      }
    });
  }

  fetch(key: string, path: string): Promise<void> {
    return this.connection.guard(async () => {
      try {
        await this.connection.client.fGetObject(this.settings.bucket, nameOf(key), path);
      } catch (error) {
        if (['NoSuchKey', 'NotFound'].includes(s3CodeOf(error))) throw nothingPut();
        throw error;
      }
    });
  }

  remove(key: string): Promise<void> {
    return this.connection.guard(() => this.connection.client.removeObject(this.settings.bucket, nameOf(key)));
  }
}

function nameOf(key: string): string {
  return `uploads/${key}`;
}
