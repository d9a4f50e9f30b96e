import {
  AccessDeniedError,
  BucketMissingError,
  BucketOwnedByAnotherAccountError,
  ConnectionMissingError,
  ObjectArchivedError,
  ObjectChangedError,
  ObjectMissingError,
  StorageRefusedError,
} from '../../domain/errors.ts';
import type { SettingName } from '../../domain/bucket-configuration/catalogue.ts';
import type { BucketConfiguration } from '../../domain/bucket-configuration/inventory.ts';
import { compareKeys } from '../../domain/keys.ts';
import {
  isArchiveClass,
  type HistoryPage,
  type ListingPage,
  type ObjectAttributes,
  type VersionFacts,
} from '../../domain/objects.ts';
import type { BucketPolicy } from '../../domain/policy.ts';
import type {
  BucketFacts,
  BucketIdentity,
  BucketListEntry,
  CopyOnto,
  CopyReceipt,
  CopyRequest,
  Identity,
  ListRequest,
  RegisteredUpload,
  Removal,
  RemovalOutcome,
  Storage,
  StorageAccess,
  StoragePurpose,
  StorageRequest,
} from '../../domain/ports.ts';
import type { Clock } from '../../domain/time.ts';
import { applyMemorySetting, configurationOf } from './memory-configuration.ts';
import {
  deleteCurrent,
  historyKeysOf,
  historyOf,
  isMarker,
  md5,
  removeVersion,
  sha256,
  versionIdOf,
  writeObject,
  type MemoryBucket,
  type MemoryObject,
  type MemoryVersion,
} from './memory-bucket.ts';
import { isDenied } from './memory-policy.ts';

export type { MemoryBucket, MemoryObject } from './memory-bucket.ts';
export type MemoryCall = Readonly<{ operation: string; connection: string; bucket: string; key?: string }>;

/** Accounts, buckets and objects in memory, behind the storage ports. `fault` may throw before a call takes effect. */
export class MemoryWorld implements StorageAccess {
  readonly buckets = new Map<string, MemoryBucket>();
  readonly identities = new Map<string, Identity>();
  readonly opened: StorageRequest[] = [];
  readonly calls: MemoryCall[] = [];
  readonly uploads = new Map<string, RegisteredUpload & { initiator?: string }>();
  /** What `claimBucket` answers for a name before it comes to the world itself, one after the other. */
  readonly claims = new Map<string, ('busy' | 'taken')[]>();
  fault: ((call: MemoryCall) => Error | undefined | Promise<Error | undefined>) | undefined;
  pageSize = 3;
  private readonly clock: Clock;
  private versionCount = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  readonly newVersionId = (): string => `v${String((this.versionCount += 1)).padStart(6, '0')}`;

  addConnection(name: string, accountId: string): void {
    this.identities.set(name, { accountId, principalArn: `arn:aws:iam::${accountId}:role/${name}` });
  }

  addBucket(name: string, account: string, facts: Partial<BucketFacts> = {}): MemoryBucket {
    const bucket: MemoryBucket = {
      account,
      objects: new Map(),
      older: new Map(),
      facts: {
        name,
        region: 'us-east-1',
        versioning: 'off',
        encryption: 'sse-s3',
        hasObjectLock: false,
        isRequesterPays: false,
        tags: {},
        createdAtMs: this.clock.nowMs(),
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
    const there = this.bucket(bucket);
    writeObject(there, key, object, this.newVersionId);
    return there.objects.get(key) ?? object;
  }

  /** Deletes like a person would: in a versioned bucket a delete marker is laid over the object. */
  lay(bucket: string, key: string): void {
    deleteCurrent(this.bucket(bucket), key, this.clock.nowMs(), this.newVersionId);
  }

  /** All versions of a key, oldest first. */
  history(bucket: string, key: string): readonly MemoryVersion[] {
    return historyOf(this.bucket(bucket), key);
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
    return new MemoryStorage(this, request, this.clock);
  }

  callsOf(operation: string): MemoryCall[] {
    return this.calls.filter((call) => call.operation === operation);
  }
}

class MemoryStorage implements Storage {
  readonly throttledCount = 0;
  private readonly world: MemoryWorld;
  private readonly request: StorageRequest;
  private readonly clock: Clock;

  constructor(world: MemoryWorld, request: StorageRequest, clock: Clock) {
    this.world = world;
    this.request = request;
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

  async *listHistories({ bucket, prefix = '', startAfter = '' }: ListRequest): AsyncGenerator<HistoryPage> {
    await this.call('listHistories', bucket);
    const found = this.readable(bucket);
    const keys = historyKeysOf(found)
      .filter((key) => key.startsWith(prefix) && (startAfter === '' || compareKeys(key, startAfter) > 0))
      .sort(compareKeys);
    for (let from = 0; from === 0 || from < keys.length; from += this.world.pageSize) {
      if (from > 0) await this.call('listHistories', bucket);
      const page = keys.slice(from, from + this.world.pageSize);
      yield page.map((key) => ({ key, versions: historyOf(found, key).map((version) => factsOf(key, version)) }));
    }
  }

  async headObject(bucket: string, key: string, etag?: string, versionId?: string): Promise<ObjectAttributes> {
    await this.call('headObject', bucket, key);
    const object = this.object(bucket, key, etag, versionId);
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

  async readTags(bucket: string, key: string, versionId?: string): Promise<Record<string, string>> {
    await this.call('readTags', bucket, key);
    return this.object(bucket, key, undefined, versionId).tags;
  }

  async hashObject(
    bucket: string,
    key: string,
    etag: string,
    _signal?: AbortSignal,
    versionId?: string,
  ): Promise<{ sha256: string; sizeBytes: number }> {
    await this.call('hashObject', bucket, key);
    const { body, storageClass } = this.object(bucket, key, etag, versionId);
    if (isArchiveClass(storageClass)) throw new ObjectArchivedError(`${key} is archived`);
    return { sha256: sha256(body), sizeBytes: Buffer.byteLength(body) };
  }

  async copyObject(request: CopyRequest, signal: AbortSignal): Promise<CopyReceipt> {
    const { source, destination, uploads, onto, ...sizes } = request;
    await this.call('copyObject', destination.bucket, source.facts.key);
    signal.throwIfAborted();
    const owner = this.world.bucket(destination.bucket).account;
    if (sizes.destinationAccountId !== undefined && sizes.destinationAccountId !== owner)
      throw new AccessDeniedError(`${destination.bucket} belongs to ${owner}`);
    const object = this.object(source.bucket, source.facts.key, source.facts.etag, source.versionId);
    if (isArchiveClass(object.storageClass)) throw new ObjectArchivedError(`${source.facts.key} is archived`);
    const target = this.writable(destination.bucket);
    const there = target.objects.get(destination.key);
    requireStanding(there, object, onto, destination.key);
    const isMultipart = source.facts.sizeBytes > sizes.multipartThresholdBytes;
    if (isMultipart) await this.begin(destination, uploads);
    const etag = isMultipart ? `${object.etag}-2` : object.etag;
    const copy = { ...object, etag, modifiedAtMs: this.clock.nowMs() };
    if (!there || onto) writeObject(target, destination.key, copy, this.world.newVersionId);
    if (isMultipart) await this.end(destination, uploads);
    return { etag, path: isMultipart ? 'multipart' : 'single' };
  }

  private async begin(at: { bucket: string; key: string }, register: CopyRequest['uploads']): Promise<void> {
    const upload = { ...at, uploadId: `upload-${at.key}` };
    await register.begun(upload);
    this.world.uploads.set(upload.uploadId, { ...upload, initiator: this.who.arn });
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

  async removeObjects(
    bucket: string,
    removals: readonly Removal[],
    signal?: AbortSignal,
  ): Promise<readonly RemovalOutcome[]> {
    await this.call('removeObjects', bucket, removals[0]?.key);
    signal?.throwIfAborted();
    const outcomes = removals.map((removal) => this.removeOne(bucket, removal));
    if (outcomes.length > 0 && outcomes.every(({ error }) => error === 'AccessDenied'))
      throw new AccessDeniedError(`${this.request.connection} may not delete in ${bucket}`);
    return outcomes;
  }

  private removeOne(name: string, removal: Removal): RemovalOutcome {
    const bucket = this.owned(name);
    const isVersion = 'versionId' in removal;
    if (this.mayNot(name, isVersion ? 's3:DeleteObjectVersion' : 's3:DeleteObject', 'empty'))
      return { removal, outcome: 'refused', error: 'AccessDenied', message: 'Access Denied' };
    if (isVersion) {
      if (this.isWrittenOver(bucket, removal)) return { removal, outcome: 'changed', error: 'PreconditionFailed' };
      removeVersion(bucket, removal.key, removal.versionId);
      return { removal, outcome: 'removed' };
    }
    const there = bucket.objects.get(removal.key);
    if (!there) return { removal, outcome: 'removed' };
    if (there.etag !== removal.etag) return { removal, outcome: 'changed', error: 'PreconditionFailed' };
    deleteCurrent(bucket, removal.key, this.clock.nowMs(), this.world.newVersionId);
    if (bucket.facts.versioning === 'off') return { removal, outcome: 'removed' };
    return { removal, outcome: 'refused', error: 'DeleteMarkerLaid', message: 'the bucket keeps versions' };
  }

  private isWrittenOver(bucket: MemoryBucket, removal: Extract<Removal, { versionId: string }>): boolean {
    const { key, versionId, seenEtag } = removal;
    const there = historyOf(bucket, key).find((version) => versionIdOf(version) === versionId);
    return there !== undefined && seenEtag !== undefined && (isMarker(there) ? '' : there.etag) !== seenEtag;
  }

  async markDeleted(bucket: string, key: string, overEtag: string): Promise<void> {
    await this.call('markDeleted', bucket, key);
    if (this.mayNot(bucket, 's3:DeleteObject', 'mark')) throw new AccessDeniedError(`${bucket}: no marker may be laid`);
    const there = this.owned(bucket);
    if (there.facts.versioning !== 'enabled') throw new StorageRefusedError(`${bucket} keeps no versions`);
    if (there.objects.get(key)?.etag !== overEtag) throw new ObjectChangedError(`another version of ${key} is newest`);
    deleteCurrent(there, key, this.clock.nowMs(), this.world.newVersionId);
  }

  async probeDelete(bucket: string): Promise<'refused' | 'allowed'> {
    await this.call('probeDelete', bucket);
    const isElsewhere = this.world.bucket(bucket).account !== this.account;
    return isElsewhere || this.mayNot(bucket, 's3:DeleteObject', 'probe') ? 'refused' : 'allowed';
  }

  async removeBucket(bucket: string): Promise<'removed' | 'absent' | 'not-empty'> {
    await this.call('removeBucket', bucket);
    if (!this.world.buckets.has(bucket)) return 'absent';
    const there = this.owned(bucket);
    if (this.mayNot(bucket, 's3:DeleteBucket', 'delete-bucket'))
      throw new AccessDeniedError(`${this.request.connection} may not delete ${bucket}`);
    if (historyKeysOf(there).length > 0) return 'not-empty';
    this.world.buckets.delete(bucket);
    return 'removed';
  }

  async listUploads(bucket: string): Promise<readonly (RegisteredUpload & { initiator?: string })[]> {
    await this.call('listUploads', bucket);
    this.owned(bucket);
    return [...this.world.uploads.values()].filter((upload) => upload.bucket === bucket);
  }

  async listBuckets(): Promise<readonly BucketListEntry[]> {
    await this.call('listBuckets', '');
    return [...this.world.buckets.values()]
      .filter((bucket) => bucket.account === this.account)
      .map(({ facts: { name, region, createdAtMs } }) => ({
        name,
        region,
        ...(createdAtMs === undefined ? {} : { createdAtMs }),
      }));
  }

  identifyBucket(name: string): Promise<BucketIdentity> {
    return this.findBucket(name);
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

  async claimBucket(name: string, region: string, tags: Record<string, string>) {
    await this.call('claimBucket', name);
    const said = this.world.claims.get(name)?.shift();
    if (said) return said;
    const there = this.world.buckets.get(name);
    if (there && there.account !== this.account) return 'taken';
    const isOurs = Object.entries(tags).every(([tag, value]) => there?.facts.tags[tag] === value);
    if (there) return isOurs && Object.keys(tags).length > 0 ? 'ours' : 'occupied';
    this.world.addBucket(name, this.account, { region, tags, ownership: 'bucket-owner-enforced' });
    return 'created';
  }

  async setVersioning(bucket: string, status: 'enabled' | 'suspended'): Promise<void> {
    await this.call('setVersioning', bucket);
    const there = this.owned(bucket);
    there.facts = { ...there.facts, versioning: status };
  }

  async readConfiguration(bucket: string): Promise<BucketConfiguration> {
    await this.call('readConfiguration', bucket);
    return configurationOf(this.owned(bucket));
  }

  async applySetting(bucket: string, name: SettingName, value: unknown): Promise<'applied' | 'was-so'> {
    await this.call('applySetting', bucket, name);
    return applyMemorySetting(this.owned(bucket), name, value);
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
    return this.world.identities.get(this.request.connection) ?? {};
  }

  close(): void {
    this.world.calls.push({ operation: 'close', connection: this.request.connection, bucket: '' });
  }

  private get account(): string {
    return this.world.identities.get(this.request.connection)?.accountId ?? '';
  }

  private async call(operation: string, bucket: string, key?: string): Promise<void> {
    const call = { operation, connection: this.request.connection, bucket, ...(key === undefined ? {} : { key }) };
    this.world.calls.push(call);
    const fault = await this.world.fault?.(call);
    if (fault) throw fault;
  }

  private get who(): { arn: string; userId: string } {
    const { purpose, jobId = 'page' } = this.request;
    const arn = this.world.identities.get(this.request.connection)?.principalArn ?? '';
    return { arn, userId: `AROAMEMORY:mig-${jobId}-${purpose}-000000` };
  }

  /** Refused by a Deny in the bucket's policy, or because sessions of this purpose hold no deletion. */
  private mayNot(bucket: string, action: string, ...purposes: StoragePurpose[]): boolean {
    const isHeld = purposes.includes(this.request.purpose) && this.request.buckets.includes(bucket);
    return !isHeld || isDenied(this.world.bucket(bucket).policy, action, this.who);
  }

  private owned(name: string): MemoryBucket {
    const bucket = this.world.bucket(name);
    if (bucket.account !== this.account)
      throw new AccessDeniedError(`${this.request.connection} may not touch ${name}`);
    return bucket;
  }

  private readable(name: string): MemoryBucket {
    return this.owned(name);
  }

  private writable(name: string): MemoryBucket {
    const bucket = this.world.bucket(name);
    const isGranted = bucket.policy?.Statement.some(
      (statement) =>
        statement.Effect === 'Allow' && (statement['Principal'] as { AWS?: string } | undefined)?.AWS === this.who.arn,
    );
    const isOpen = bucket.account === this.account || isGranted;
    if (!isOpen || isDenied(bucket.policy, 's3:PutObject', this.who))
      throw new AccessDeniedError(`${this.request.connection} may not write to ${name}`);
    return bucket;
  }

  private object(name: string, key: string, etag?: string, versionId?: string): MemoryObject {
    const bucket = this.readable(name);
    const object =
      versionId === undefined
        ? bucket.objects.get(key)
        : historyOf(bucket, key).find((version) => versionIdOf(version) === versionId);
    if (!object || isMarker(object)) throw new ObjectMissingError(`there is no ${key} in ${name}`);
    if (etag !== undefined && etag !== object.etag) throw new ObjectChangedError(`${key} has changed`);
    return object;
  }
}

function requireStanding(
  there: MemoryObject | undefined,
  object: MemoryObject,
  onto: CopyOnto | undefined,
  key: string,
): void {
  const isAsExpected =
    onto === undefined
      ? there === undefined || there.body === object.body
      : there?.etag === (onto.kind === 'replace' ? onto.etag : onto.overEtag);
  if (!isAsExpected) throw new ObjectChangedError(`another object is at ${key}`);
}

function factsOf(key: string, version: MemoryVersion): VersionFacts {
  const { modifiedAtMs } = version;
  const versionId = versionIdOf(version);
  if (isMarker(version))
    return { key, sizeBytes: 0, etag: '', storageClass: '', modifiedAtMs, versionId, isDeleteMarker: true };
  const { body, etag, storageClass } = version;
  const sizeBytes = Buffer.byteLength(body);
  return { key, sizeBytes, etag, storageClass, modifiedAtMs, versionId, isDeleteMarker: false };
}
