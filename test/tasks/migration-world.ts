import type { JobRequestInput } from '../../domain/job-request.ts';
import type { SourceDocument } from '../../domain/migration.ts';
import { freezeStatement } from '../../domain/policy.ts';
import { isMarker } from '../support/memory-bucket.ts';
import { MemoryStorageConnections } from '../support/memory-connections.ts';
import { MemoryWorld } from '../support/memory-storage.ts';
import { FastClock } from '../support/time.ts';
import { JOB_ID, MigrationTasks, SOURCE, TEMPORARY } from './migration-tasks.ts';

export { JOB_ID, SOURCE, TEMPORARY } from './migration-tasks.ts';

const [OUR_ACCOUNT, THEIR_ACCOUNT] = ['111111111111', '222222222222'];

export type MigrationSetup = Readonly<{
  options?: JobRequestInput['options'];
  source?: Readonly<Record<string, string>>;
  versioning?: SourceDocument['versioning'];
  carriesVersions?: boolean;
}>;

/** Two accounts in memory and a bucket that moves from one to the other, with what the steps around the tasks do. */
export class MigrationWorld extends MigrationTasks {
  readonly storage: MemoryWorld;
  readonly carriesVersions: boolean;

  constructor({ options, source = {}, versioning = 'off', carriesVersions }: MigrationSetup = {}) {
    const clock = new FastClock();
    const storage = new MemoryWorld(clock);
    const connections = new MemoryStorageConnections();
    super({ storage, connections, ours: 'ours', theirs: 'theirs', namespace: 'aws', options }, clock);
    for (const [name, account] of [
      ['ours', OUR_ACCOUNT],
      ['theirs', THEIR_ACCOUNT],
    ] as const) {
      storage.addConnection(name, account);
      connections.add(name, account);
    }
    this.storage = storage;
    this.carriesVersions = carriesVersions ?? versioning !== 'off';
    this.makeSource(versioning, source);
    this.makeTemporary();
  }

  private makeSource(versioning: SourceDocument['versioning'], objects: Readonly<Record<string, string>>): void {
    const bucket = this.storage.addBucket(SOURCE, OUR_ACCOUNT, { versioning });
    for (const [key, body] of Object.entries(objects)) this.storage.put(SOURCE, key, body);
    bucket.policy = { Statement: [freezeStatement(JOB_ID, SOURCE, 'aws', { kind: 'sessions' })] };
    const { carriesVersions } = this;
    this.knowSource({ accountId: OUR_ACCOUNT, createdAtMs: this.clock.nowMs(), versioning, carriesVersions });
  }

  private makeTemporary(): void {
    const versioning = this.carriesVersions ? 'enabled' : 'off';
    this.storage.addBucket(TEMPORARY, THEIR_ACCOUNT, { versioning, tags: { 'bucket-migrator:job': JOB_ID } });
    this.allow(TEMPORARY, 'ours');
    this.knowTemporary();
  }

  /** The source is gone, and its name is the destination account's. */
  makeFinal(): void {
    this.storage.buckets.delete(SOURCE);
    this.storage.addBucket(SOURCE, THEIR_ACCOUNT, { versioning: this.carriesVersions ? 'enabled' : 'off' });
    this.knowFinal();
  }

  /** What the undo's steps do before the copies: the freeze lets them in. */
  admitUndo(): void {
    this.pass('undo-began');
    this.allow(SOURCE, 'theirs');
  }

  private allow(bucket: string, connection: string): void {
    const principal = this.storage.identities.get(connection)?.principalArn;
    this.storage.bucket(bucket).policy = {
      Statement: [{ Sid: 'Test', Effect: 'Allow', Principal: { AWS: principal } }],
    };
  }

  keys(bucket: string): string[] {
    return [...this.storage.bucket(bucket).objects.keys()].sort();
  }

  /** Bodies of all versions of a key, oldest first; `null` is a delete marker. */
  history(bucket: string, key: string): (string | null)[] {
    return this.storage.history(bucket, key).map((version) => (isMarker(version) ? null : version.body));
  }
}
