import { STSClient } from '@aws-sdk/client-sts';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { jsonText, readJson } from '../../../domain/document-access.ts';
import { paths, type JobDocument } from '../../../domain/job-documents.ts';
import { parseJobRequest, type JobRequestInput } from '../../../domain/job-request.ts';
import type { TemporaryBucketDocument } from '../../../domain/migration.ts';
import { SECOND_MS } from '../../../domain/time.ts';
import { newSandboxSecrets, sandboxConnections, sandboxSetup } from '../../../local/sandbox-accounts.ts';
import { newInProcessHandler } from '../../../local/sandbox/in-process.ts';
import { SandboxWorld } from '../../../local/sandbox/world.ts';
import { PROGRESS_EVERY_MS } from '../../../fargate-task/task-reporter.ts';
import { createStorageAccess } from '../../../s3/access.ts';
import type { Edge } from '../../../s3/connector.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { FastClock, seededRandom } from '../../support/time.ts';
import { BUCKET, JOB, MigrationFlow } from './migration-world.ts';

export const POLICY_DELAY_MS = 8 * SECOND_MS;

/**
 * Sleeps end at once and move the time on, but for those between two lines of a task's progress: they end with the
 * task, or how much time passes would hang on how busy the machine is.
 */
class TaskClock extends FastClock {
  override async sleep(waitMs: number, signal?: AbortSignal): Promise<void> {
    if (waitMs !== PROGRESS_EVERY_MS || !signal) return super.sleep(waitMs, signal);
    signal.throwIfAborted();
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('the task has ended'))));
  }
}

/** The sandbox in this process with the real S3 code, where bucket policies take effect late. */
export class SandboxMigration extends MigrationFlow {
  readonly clock = new TaskClock();
  readonly documents = new MemoryStore();
  readonly random = seededRandom(7);
  readonly world: SandboxWorld;
  /** Somebody who may do everything in the source's account, and one in the destination's. */
  readonly a: S3Client;
  readonly b: S3Client;
  readonly ports: MigrationFlow['ports'];
  protected override readonly grantSettlesSeconds = POLICY_DELAY_MS / SECOND_MS;

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

export async function aBucket(objects: Readonly<Record<string, string | Uint8Array>>): Promise<SandboxMigration> {
  const migration = new SandboxMigration();
  await migration.a.send(new CreateBucketCommand({ Bucket: BUCKET }));
  for (const [Key, Body] of Object.entries(objects)) await put(migration, Key, Body);
  migration.clock.advance(48 * 3600 * SECOND_MS);
  return migration;
}

export const put = ({ a }: SandboxMigration, Key: string, Body: string | Uint8Array) =>
  a.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ContentLength: Buffer.byteLength(Body) }));
