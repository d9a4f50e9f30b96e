import { createHash } from 'node:crypto';
import {
  AccessDeniedError,
  BucketMissingError,
  BucketOwnedByAnotherAccountError,
  ConnectionMissingError,
  ObjectArchivedError,
  ObjectChangedError,
  ObjectMissingError,
} from '../../domain/errors.ts';
import { compareKeys } from '../../domain/keys.ts';
import { isArchiveClass, type Checksum, type ListingPage, type ObjectAttributes } from '../../domain/objects.ts';
import type { BucketPolicy } from '../../domain/policy.ts';
import type {
  BucketFacts,
  CopyReceipt,
  CopyRequest,
  Identity,
  ListRequest,
  RegisteredUpload,
  Storage,
  StorageAccess,
  StorageRequest,
} from '../../domain/ports.ts';
import type { Clock, EpochMs } from '../../domain/time.ts';

export type MemoryObject = {
  body: string;
  etag: string;
  storageClass: string;
  modifiedAtMs: EpochMs;
  systemHeaders: Record<string, string>;
  userMetadata: Record<string, string>;
  tags: Record<string, string>;
  checksums: Checksum[];
};
export type MemoryBucket = {
  account: string;
  facts: BucketFacts;
  objects: Map<string, MemoryObject>;
  policy?: BucketPolicy;
};
export type MemoryCall = Readonly<{ operation: string; connection: string; bucket: string; key?: string }>;

const md5 = (body: string): string => createHash('md5').update(body).digest('hex');
const sha256 = (body: string): string => createHash('sha256').update(body).digest('hex');

/** Accounts, buckets and objects in memory, behind the storage ports. `fault` may throw before a call takes effect. */
export class MemoryWorld implements StorageAccess {
  readonly buckets = new Map<string, MemoryBucket>();
  readonly identities = new Map<string, Identity>();
  readonly opened: StorageRequest[] = [];
  readonly calls: MemoryCall[] = [];
  readonly uploads = new Map<string, RegisteredUpload>();
  fault: ((call: MemoryCall) => Error | undefined | Promise<Error | undefined>) | undefined;
  pageSize = 3;
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  addConnection(name: string, accountId: string): void {
    this.identities.set(name, { accountId, principalArn: `arn:aws:iam::${accountId}:role/${name}` });
  }

  addBucket(name: string, account: string, facts: Partial<BucketFacts> = {}): MemoryBucket {
    const bucket: MemoryBucket = {
      account,
      objects: new Map(),
      facts: {
        name,
        region: 'us-east-1',
        versioning: 'off',
        encryption: 'sse-s3',
        hasObjectLock: false,
        isRequesterPays: false,
        tags: {},
        ...facts,
      },
    };
    this.buckets.set(name, bucket);
    return bucket;
  }

  put(bucket: string, key: string, body: string, more: Partial<MemoryObject> = {}): MemoryObject {
    const object: MemoryObject = {
      body,
      etag: md5(body),
      storageClass: 'STANDARD',
      modifiedAtMs: this.clock.nowMs(),
      systemHeaders: { 'content-type': 'text/plain' },
      userMetadata: {},
      tags: {},
      checksums: [{ algorithm: 'CRC64NVME', value: sha256(body).slice(0, 16), type: 'FULL_OBJECT' }],
      ...more,
    };
    this.bucket(bucket).objects.set(key, object);
    return object;
  }

  body(bucket: string, key: string): string | undefined {
    return this.buckets.get(bucket)?.objects.get(key)?.body;
  }

  bucket(name: string): MemoryBucket {
    const bucket = this.buckets.get(name);
    if (!bucket) throw new BucketMissingError(`There is no bucket ${name}.`, { subject: { bucket: name } });
    return bucket;
  }

  async open(request: StorageRequest): Promise<Storage> {
    if (!this.identities.has(request.connection))
      throw new ConnectionMissingError(`There is no connection ${request.connection}.`);
    this.opened.push(request);
    return new MemoryStorage(this, request.connection, this.clock);
  }

  callsOf(operation: string): MemoryCall[] {
    return this.calls.filter((call) => call.operation === operation);
  }
}

class MemoryStorage implements Storage {
  readonly throttledCount = 0;
  private readonly world: MemoryWorld;
  private readonly connection: string;
  private readonly clock: Clock;

  constructor(world: MemoryWorld, connection: string, clock: Clock) {
    this.world = world;
    this.connection = connection;
    this.clock = clock;
  }

  async *listObjects({ bucket, prefix = '', startAfter = '' }: ListRequest): AsyncGenerator<ListingPage> {
    await this.call('listObjects', bucket);
    const objects = [...this.readable(bucket).objects.entries()]
      .filter(([key]) => key.startsWith(prefix) && (startAfter === '' || compareKeys(key, startAfter) > 0))
      .sort(([left], [right]) => compareKeys(left, right))
      .map(([key, { etag, storageClass, modifiedAtMs, body }]) => {
        return { key, sizeBytes: Buffer.byteLength(body), etag, storageClass, modifiedAtMs };
      });
    for (let from = 0; from === 0 || from < objects.length; from += this.world.pageSize) {
      if (from > 0) await this.call('listObjects', bucket);
      yield objects.slice(from, from + this.world.pageSize);
    }
  }

  async headObject(bucket: string, key: string, etag?: string): Promise<ObjectAttributes> {
    await this.call('headObject', bucket, key);
    const object = this.object(bucket, key, etag);
    const tagCount = Object.keys(object.tags).length;
    return {
      sizeBytes: Buffer.byteLength(object.body),
      etag: object.etag,
      modifiedAtMs: object.modifiedAtMs,
      storageClass: object.storageClass,
      systemHeaders: object.systemHeaders,
      userMetadata: object.userMetadata,
      missingMetadataCount: 0,
      encryption: { kind: 'sse-s3' },
      checksums: object.checksums,
      ...(tagCount > 0 ? { tagCount } : {}),
      isArchived: isArchiveClass(object.storageClass),
    };
  }

  async readTags(bucket: string, key: string): Promise<Record<string, string>> {
    await this.call('readTags', bucket, key);
    return this.object(bucket, key).tags;
  }

  async hashObject(bucket: string, key: string, etag: string): Promise<{ sha256: string; sizeBytes: number }> {
    await this.call('hashObject', bucket, key);
    const { body, storageClass } = this.object(bucket, key, etag);
    if (isArchiveClass(storageClass)) throw new ObjectArchivedError(`${key} is archived`);
    return { sha256: sha256(body), sizeBytes: Buffer.byteLength(body) };
  }

  async copyObject({ source, destination, uploads, ...sizes }: CopyRequest, signal: AbortSignal): Promise<CopyReceipt> {
    await this.call('copyObject', destination.bucket, source.facts.key);
    signal.throwIfAborted();
    const owner = this.world.bucket(destination.bucket).account;
    if (sizes.destinationAccountId !== undefined && sizes.destinationAccountId !== owner)
      throw new AccessDeniedError(`${destination.bucket} belongs to ${owner}`);
    const object = this.object(source.bucket, source.facts.key, source.facts.etag);
    if (isArchiveClass(object.storageClass)) throw new ObjectArchivedError(`${source.facts.key} is archived`);
    const target = this.writable(destination.bucket);
    const there = target.objects.get(destination.key);
    if (there && there.body !== object.body) throw new ObjectChangedError(`another object is at ${destination.key}`);
    const isMultipart = source.facts.sizeBytes > sizes.multipartThresholdBytes;
    if (isMultipart) await this.begin(destination, uploads);
    const etag = isMultipart ? `${object.etag}-2` : object.etag;
    if (!there) target.objects.set(destination.key, { ...object, etag, modifiedAtMs: this.clock.nowMs() });
    if (isMultipart) await this.end(destination, uploads);
    return { etag, path: isMultipart ? 'multipart' : 'single' };
  }

  private async begin(at: { bucket: string; key: string }, register: CopyRequest['uploads']): Promise<void> {
    const upload = { ...at, uploadId: `upload-${at.key}` };
    await register.begun(upload);
    this.world.uploads.set(upload.uploadId, upload);
    await this.call('uploadPart', at.bucket, at.key);
  }

  private async end(at: { bucket: string; key: string }, register: CopyRequest['uploads']): Promise<void> {
    const upload = { ...at, uploadId: `upload-${at.key}` };
    this.world.uploads.delete(upload.uploadId);
    await register.ended(upload);
  }

  async abortUpload(upload: RegisteredUpload): Promise<void> {
    await this.call('abortUpload', upload.bucket, upload.key);
    this.world.uploads.delete(upload.uploadId);
  }

  async listBuckets() {
    await this.call('listBuckets', '');
    return [...this.world.buckets.values()]
      .filter((bucket) => bucket.account === this.account)
      .map((bucket) => ({ name: bucket.facts.name, region: bucket.facts.region }));
  }

  async findBucket(name: string): Promise<BucketFacts> {
    await this.call('findBucket', name);
    const bucket = this.world.bucket(name);
    if (bucket.account !== this.account) throw new BucketOwnedByAnotherAccountError(`${name} is another account's`);
    return bucket.facts;
  }

  async createBucket(name: string, region: string, tags: Record<string, string>): Promise<'created' | 'already-ours'> {
    await this.call('createBucket', name);
    const there = this.world.buckets.get(name);
    if (there && there.account !== this.account) throw new BucketOwnedByAnotherAccountError(`${name} is taken`);
    if (there) return 'already-ours';
    this.world.addBucket(name, this.account, { region, tags });
    return 'created';
  }

  async readPolicy(bucket: string): Promise<BucketPolicy | undefined> {
    await this.call('readPolicy', bucket);
    return this.owned(bucket).policy;
  }

  async changePolicy(
    bucket: string,
    edit: (policy: BucketPolicy | undefined) => BucketPolicy | undefined,
  ): Promise<void> {
    await this.call('changePolicy', bucket);
    const found = this.owned(bucket);
    const policy = edit(found.policy);
    if (policy) found.policy = policy;
    else delete found.policy;
  }

  async identity(): Promise<Identity> {
    await this.call('identity', '');
    return this.world.identities.get(this.connection) ?? {};
  }

  close(): void {
    this.world.calls.push({ operation: 'close', connection: this.connection, bucket: '' });
  }

  private get account(): string {
    return this.world.identities.get(this.connection)?.accountId ?? '';
  }

  private async call(operation: string, bucket: string, key?: string): Promise<void> {
    const call = { operation, connection: this.connection, bucket, ...(key === undefined ? {} : { key }) };
    this.world.calls.push(call);
    const fault = await this.world.fault?.(call);
    if (fault) throw fault;
  }

  private owned(name: string): MemoryBucket {
    const bucket = this.world.bucket(name);
    if (bucket.account !== this.account) throw new AccessDeniedError(`${this.connection} may not touch ${name}`);
    return bucket;
  }

  private readable(name: string): MemoryBucket {
    return this.owned(name);
  }

  private writable(name: string): MemoryBucket {
    const bucket = this.world.bucket(name);
    const us = this.world.identities.get(this.connection)?.principalArn;
    const isGranted = bucket.policy?.Statement.some(
      (statement) => (statement['Principal'] as { AWS?: string } | undefined)?.AWS === us,
    );
    if (bucket.account !== this.account && !isGranted)
      throw new AccessDeniedError(`${this.connection} may not write to ${name}`);
    return bucket;
  }

  private object(bucket: string, key: string, etag?: string): MemoryObject {
    const object = this.readable(bucket).objects.get(key);
    if (!object) throw new ObjectMissingError(`there is no ${key} in ${bucket}`);
    if (etag !== undefined && etag !== object.etag) throw new ObjectChangedError(`${key} has changed`);
    return object;
  }
}
