import type { SettingName } from '../domain/bucket-configuration/catalogue.ts';
import type { BucketConfiguration } from '../domain/bucket-configuration/inventory.ts';
import type { HistoryPage, ListingPage, ObjectAttributes, ObjectTags } from '../domain/objects.ts';
import type { BucketPolicy } from '../domain/policy.ts';
import type {
  BucketFacts,
  BucketIdentity,
  BucketListEntry,
  CopyReceipt,
  CopyRequest,
  Identity,
  ListRequest,
  RegisteredUpload,
  Removal,
  Storage,
} from '../domain/ports.ts';
import { findBucket, identifyBucket } from './bucket-facts.ts';
import { changePolicy, readPolicy, type PolicyEdit } from './bucket-policies.ts';
import { listBuckets } from './bucket-list.ts';
import { createBucket } from './buckets.ts';
import { claimBucket } from './claiming.ts';
import { applySetting } from './configuration/apply-setting.ts';
import { readConfiguration } from './configuration/read-configuration.ts';
import { Copier } from './copying.ts';
import { identityOf } from './identity.ts';
import { listHistories } from './histories.ts';
import { listObjects } from './listing.ts';
import type { Place } from './place.ts';
import { hashObject, headObject, readTags } from './reading.ts';
import { markDeleted, probeDelete } from './deleting.ts';
import { removeBucket } from './bucket-removal.ts';
import { removeObjects } from './removing.ts';
import { abortUpload, listUploads } from './uploads.ts';
import { setVersioning } from './versioning.ts';

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

  listHistories(request: ListRequest): AsyncIterable<HistoryPage> {
    return listHistories(this.place, request);
  }

  headObject(bucket: string, key: string, etag?: string, versionId?: string): Promise<ObjectAttributes> {
    return headObject(this.place, { bucket, key, etag, versionId });
  }

  readTags(bucket: string, key: string, versionId?: string): Promise<ObjectTags> {
    return readTags(this.place, { bucket, key, versionId });
  }

  hashObject(bucket: string, key: string, etag: string, signal?: AbortSignal, versionId?: string) {
    return hashObject(this.place, { bucket, key, etag, signal, versionId });
  }

  copyObject(request: CopyRequest, signal: AbortSignal): Promise<CopyReceipt> {
    return this.copier.copyObject(request, signal);
  }

  abortUpload(upload: RegisteredUpload): Promise<void> {
    return abortUpload(this.place, upload);
  }

  removeObjects(bucket: string, removals: readonly Removal[], signal?: AbortSignal) {
    return removeObjects(this.place, bucket, removals, signal);
  }

  markDeleted(bucket: string, key: string, overEtag: string): Promise<void> {
    return markDeleted(this.place, { bucket, key, etag: overEtag });
  }

  probeDelete(bucket: string): Promise<'refused' | 'allowed'> {
    return probeDelete(this.place, bucket);
  }

  removeBucket(bucket: string): Promise<'removed' | 'absent' | 'not-empty'> {
    return removeBucket(this.place, bucket);
  }

  listUploads(bucket: string): Promise<readonly (RegisteredUpload & { initiator?: string })[]> {
    return listUploads(this.place, bucket);
  }

  listBuckets(): Promise<readonly BucketListEntry[]> {
    return listBuckets(this.place);
  }

  findBucket(name: string): Promise<BucketFacts> {
    return findBucket(this.place, name);
  }

  identifyBucket(name: string): Promise<BucketIdentity> {
    return identifyBucket(this.place, name);
  }

  createBucket(name: string, region: string, tags: Readonly<Record<string, string>>) {
    return createBucket(this.place, { name, region, tags });
  }

  claimBucket(name: string, region: string, tags: Readonly<Record<string, string>>) {
    return claimBucket(this.place, { name, region, tags });
  }

  setVersioning(bucket: string, status: 'enabled' | 'suspended'): Promise<void> {
    return setVersioning(this.place, bucket, status);
  }

  readConfiguration(bucket: string): Promise<BucketConfiguration> {
    return readConfiguration(this.place, bucket);
  }

  applySetting(bucket: string, name: SettingName, value: unknown): Promise<'applied' | 'was-so'> {
    return applySetting(this.place, bucket, name, value);
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
