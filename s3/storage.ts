import type { ListingPage, ObjectAttributes, ObjectTags } from '../domain/objects.ts';
import type { BucketPolicy } from '../domain/policy.ts';
import type {
  BucketFacts,
  BucketListEntry,
  CopyReceipt,
  CopyRequest,
  Identity,
  ListRequest,
  RegisteredUpload,
  Storage,
} from '../domain/ports.ts';
import { findBucket } from './bucket-facts.ts';
import { changePolicy, readPolicy, type PolicyEdit } from './bucket-policies.ts';
import { createBucket, listBuckets } from './buckets.ts';
import { Copier } from './copying.ts';
import { identityOf } from './identity.ts';
import { listObjects } from './listing.ts';
import type { Place } from './place.ts';
import { hashObject, headObject, readTags } from './reading.ts';
import { abortUpload } from './uploads.ts';

/** S3 behind the ports. Holds sockets until `close`; leaves nothing in the account that was not asked for. */
export class S3Storage implements Storage {
  private readonly copier: Copier;

  constructor(private readonly place: Place) {
    this.copier = new Copier(place);
  }

  get throttledCount(): number {
    return this.place.requests.throttledCount;
  }

  listObjects(request: ListRequest): AsyncIterable<ListingPage> {
    return listObjects(this.place, request);
  }

  headObject(bucket: string, key: string, etag?: string): Promise<ObjectAttributes> {
    return headObject(this.place, { bucket, key, ...(etag === undefined ? {} : { etag }) });
  }

  readTags(bucket: string, key: string): Promise<ObjectTags> {
    return readTags(this.place, { bucket, key });
  }

  hashObject(bucket: string, key: string, etag: string, signal?: AbortSignal) {
    return hashObject(this.place, { bucket, key, etag, signal });
  }

  copyObject(request: CopyRequest, signal: AbortSignal): Promise<CopyReceipt> {
    return this.copier.copyObject(request, signal);
  }

  abortUpload(upload: RegisteredUpload): Promise<void> {
    return abortUpload(this.place, upload);
  }

  listBuckets(): Promise<readonly BucketListEntry[]> {
    return listBuckets(this.place);
  }

  findBucket(name: string): Promise<BucketFacts> {
    return findBucket(this.place, name);
  }

  createBucket(name: string, region: string, tags: Readonly<Record<string, string>>) {
    return createBucket(this.place, { name, region, tags });
  }

  readPolicy(bucket: string): Promise<BucketPolicy | undefined> {
    return readPolicy(this.place, bucket);
  }

  changePolicy(bucket: string, edit: PolicyEdit): Promise<void> {
    return changePolicy(this.place, bucket, edit);
  }

  identity(): Promise<Identity> {
    return identityOf(this.place);
  }

  close(): void {
    this.place.requests.close();
  }
}
