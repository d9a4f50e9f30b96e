import { jsonText, readJson } from '../domain/document-access.ts';
import { retryClassOf } from '../domain/errors.ts';
import { paths, type UploadsDocument } from '../domain/job-documents.ts';
import type { ObjectCopier, RegisteredUpload, UploadRegister } from '../domain/ports.ts';
import type { ShardPlace } from './shard-files.ts';

/** Writes down every upload before its first part, so that a crash leaves none that nobody knows of. */
export class DocumentedUploads implements UploadRegister {
  private readonly uploads = new Map<string, RegisteredUpload>();
  private readonly place: ShardPlace;
  private readonly path: string;
  private writing: Promise<void> = Promise.resolve();

  constructor(place: ShardPlace, shard: number) {
    this.place = place;
    this.path = paths.uploads(place.jobId, place.transfer, shard);
  }

  /**
   * Ends what an attempt before this one began: its parts cannot be told from those of an object that changed since.
   * An upload that we may not end stays registered, for whoever takes the access back.
   */
  async abortLeftOvers(copier: Pick<ObjectCopier, 'abortUpload'>): Promise<void> {
    const left = await readJson<UploadsDocument>(this.place.documents, this.path);
    if (!left) return;
    for (const upload of left.uploads) {
      try {
        await copier.abortUpload(upload);
      } catch (error) {
        if (retryClassOf(error) !== 'never') throw error;
        this.uploads.set(upload.uploadId, upload);
      }
    }
    await this.write();
  }

  async begun(upload: RegisteredUpload): Promise<void> {
    this.uploads.set(upload.uploadId, upload);
    await this.write();
  }

  async ended(upload: RegisteredUpload): Promise<void> {
    this.uploads.delete(upload.uploadId);
    await this.write();
  }

  /** One write at a time, each with what is known when it begins. */
  private async write(): Promise<void> {
    this.writing = this.writing
      .catch(() => undefined)
      .then(async () => {
        if (this.uploads.size === 0) return await this.place.documents.remove(this.path);
        const document: UploadsDocument = { uploads: [...this.uploads.values()] };
        await this.place.documents.write(this.path, jsonText(document));
      });
    await this.writing;
  }
}
