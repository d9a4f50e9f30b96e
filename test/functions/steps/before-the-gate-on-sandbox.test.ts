import { STSClient } from '@aws-sdk/client-sts';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { jsonText, readJson } from '../../../domain/document-access.ts';
import { paths, type JobDocument } from '../../../domain/job-documents.ts';
import { parseJobRequest, type JobRequestInput } from '../../../domain/job-request.ts';
import type { TemporaryBucketDocument } from '../../../domain/migration.ts';
import { MiB } from '../../../domain/sizes.ts';
import { SECOND_MS } from '../../../domain/time.ts';
import { newSandboxSecrets, sandboxConnections, sandboxSetup } from '../../../local/sandbox-accounts.ts';
import { newInProcessHandler } from '../../../local/sandbox/in-process.ts';
import { SandboxWorld } from '../../../local/sandbox/world.ts';
import { createStorageAccess } from '../../../s3/access.ts';
import type { Edge } from '../../../s3/connector.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { FastClock, seededRandom } from '../../support/time.ts';
import { BUCKET, JOB, MigrationFlow } from './migration-world.ts';

const POLICY_DELAY_MS = 8 * SECOND_MS;

/** The sandbox in this process with the real S3 code, where bucket policies take effect late. */
class SandboxMigration extends MigrationFlow {
  readonly clock = new FastClock();
  readonly documents = new MemoryStore();
  readonly random = seededRandom(7);
  readonly world: SandboxWorld;
  /** Somebody who may do everything in the source's account, and one in the destination's. */
  readonly a: S3Client;
  readonly b: S3Client;
  readonly ports: MigrationFlow['ports'];

  constructor() {
    super();
    const secrets = newSandboxSecrets(this.random);
    const setup = sandboxSetup(secrets);
    const accounts = setup.accounts.map((account, index) => {
      const users = [{ name: 'admin', accessKeyId: `ADMIN${index}`, secretAccessKey: 'x', isAdministrator: true }];
      return account.roles.length > 0 ? { ...account, users } : account;
    });
    const { clock, random, documents } = this;
    this.world = new SandboxWorld({ setup: { ...setup, accounts, policyDelayMs: POLICY_DELAY_MS }, clock, random });
    const requestHandler = newInProcessHandler(this.world, { isSignatureVerified: false });
    const edge: Edge = {
      s3: (config, credentials) => new S3Client({ ...config, credentials, requestHandler }),
      sts: (config, credentials) => new STSClient({ ...config, credentials, requestHandler }),
    };
    const person = (accessKeyId: string): S3Client =>
      new S3Client({
        endpoint: 'http://sandbox',
        region: 'us-east-1',
        credentials: { accessKeyId, secretAccessKey: 'x' },
        forcePathStyle: true,
        maxAttempts: 1,
        requestHandler,
      });
    const indexes = setup.accounts.flatMap(({ roles }, index) => (roles.length > 0 ? [index] : []));
    [this.a, this.b] = [person(`ADMIN${indexes[0]}`), person(`ADMIN${indexes[1]}`)];
    const list = sandboxConnections(secrets, 'http://sandbox');
    const connections = { find: async (name: string) => list.find((one) => one.name === name) };
    const credentialsOf: Parameters<typeof createStorageAccess>[0]['credentialsOf'] = ({ accessKeyId = '' }) => {
      return async () => ({ accessKeyId, secretAccessKey: secrets.secretAccessKey });
    };
    const storage = createStorageAccess({ connections, credentialsOf, clock, random, edge });
    this.ports = { documents, storage, connections, clock, random, log: () => undefined };
  }

  protected async wait(seconds: number): Promise<void> {
    this.clock.advance(seconds * SECOND_MS);
  }

  async begin(options: JobRequestInput['options'] = {}): Promise<void> {
    const source = { connection: 'sandbox-a', bucket: BUCKET };
    const request = parseJobRequest({ kind: 'migrate', source, destination: { connection: 'sandbox-b' }, options });
    const job: JobDocument = { id: JOB, request, createdAtMs: this.clock.nowMs(), createdBy: 'test' };
    await this.documents.write(paths.request(JOB), jsonText(job));
  }

  async temporaryBucket(): Promise<string> {
    const document = await readJson<TemporaryBucketDocument>(this.documents, paths.temporaryBucket(JOB));
    return document?.bucket ?? '';
  }
}

async function aBucket(objects: Readonly<Record<string, string | Uint8Array>>): Promise<SandboxMigration> {
  const migration = new SandboxMigration();
  await migration.a.send(new CreateBucketCommand({ Bucket: BUCKET }));
  for (const [Key, Body] of Object.entries(objects)) await put(migration, Key, Body);
  migration.clock.advance(48 * 3600 * SECOND_MS);
  return migration;
}

const put = ({ a }: SandboxMigration, Key: string, Body: string | Uint8Array) =>
  a.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ContentLength: Buffer.byteLength(Body) }));

test('from the freeze’s coming into force on nobody writes to the source, and after a stop everybody does again', async () => {
  const migration = await aBucket({ a: '1' });
  await migration.begin();
  await migration.step('checkMigration');
  await migration.step('captureConfiguration');
  await migration.step('freezeSource');
  await put(migration, 'just-in-time', 'x');
  expect(await migration.step('probeFreeze')).toMatchObject({ inForce: false });

  await migration.freeze();
  await expect(put(migration, 'late', 'x')).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(migration.a.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a' }))).rejects.toMatchObject({
    name: 'AccessDenied',
  });
  await migration.step('thawSource');
  migration.clock.advance(POLICY_DELAY_MS);

  await put(migration, 'again', 'x');
});

test('the gate opens over what is proven, and nobody deletes or writes in the temporary bucket', async () => {
  const migration = await aBucket({ a: '1', 'b/c d+e?': 'two', 'ü\u0001': '' });
  await migration.begin();
  await migration.untilConsented();
  migration.clock.advance(POLICY_DELAY_MS);

  expect(await migration.step('checkGate')).toEqual({ parts: 1 });

  const Bucket = await migration.temporaryBucket();
  await expect(migration.b.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))).rejects.toThrow(/explicit deny/);
  await expect(migration.b.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }))).rejects.toThrow(
    /explicit deny/,
  );
});

test('versions and delete markers are proven, and lifecycle rules are at rest meanwhile', async () => {
  const migration = await aBucket({ a: '1' });
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await migration.a.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration }));
  await put(migration, 'a', '2');
  await migration.a.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a' }));
  const Rules = [{ ID: 'r', Status: 'Enabled', Filter: { Prefix: '' }, NoncurrentVersionExpiration: { NoncurrentDays: 1 } }] as const; // prettier-ignore
  await migration.a.send(
    new PutBucketLifecycleConfigurationCommand({ Bucket: BUCKET, LifecycleConfiguration: { Rules: [...Rules] } }),
  );
  await migration.begin();

  const proof = await migration.untilProven();

  expect(proof).toMatchObject({ lineCount: 3, keyCount: 1, deleteMarkerCount: 1, carriesVersions: true });
  const request = { connection: 'sandbox-a', purpose: 'look', buckets: [BUCKET], jobId: JOB } as const;
  const storage = await migration.ports.storage.open(request);
  const { lifecycle } = await storage.readConfiguration(BUCKET);
  expect(lifecycle).toMatchObject({ state: 'set', value: { Rules: [{ ID: 'r', Status: 'Disabled' }] } });
});

test('an upload whose beginning was never answered is found by its session, and aborted', async () => {
  const migration = await aBucket({ large: new Uint8Array(6 * MiB), small: '1' });
  await migration.begin({ multipartThresholdBytes: 5 * MiB, partSizeBytes: 5 * MiB });
  await migration.freeze();
  await migration.makeTemporaryBucket();
  migration.world.faults.add({
    operation: 'CreateMultipartUpload',
    fault: { kind: 'lose-connection', when: 'after-effect' },
    times: 1,
  });
  const Bucket = await migration.temporaryBucket();
  const uploads = async () => (await migration.b.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? [];
  await migration.copyOver();
  expect(await uploads()).toHaveLength(1);

  await migration.step('revokeAccess');

  expect(await uploads()).toEqual([]);
  expect(await migration.prove()).toMatchObject({ outcome: 'sealed' });
});
