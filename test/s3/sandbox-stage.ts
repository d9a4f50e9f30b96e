import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Storage, StoragePurpose } from '../../domain/ports.ts';
import type { Fault } from '../../local/sandbox/faults.ts';
import { startSandboxServer, type SandboxServer } from '../../local/sandbox/http-server.ts';
import { SandboxWorld, type SandboxSetup } from '../../local/sandbox/world.ts';
import { createStorageAccess } from '../../s3/access.ts';
import { s3ClientFor } from '../support/s3-account.ts';
import { ShiftedClock } from '../support/system-time.ts';
import { FastClock, seededRandom } from '../support/time.ts';

export const JOB_ID = 'migrate-20261120-0123456789ab';
export const HERE = 'us-east-1';
export const ELSEWHERE = 'eu-west-1';

const KEYS = { accessKeyId: 'AKIAOWNER00000000000', secretAccessKey: 'secret' };
const STRANGER_KEYS = { accessKeyId: 'AKIASTRANGER00000000', secretAccessKey: 'other secret' };
const ACCOUNT = '111111111111';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/migrator`;
const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow' as const, Action: '*', Resource: '*' }] };
const trust = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow' as const, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'sts:AssumeRole' },
  ],
};

const setup: SandboxSetup = {
  regions: [HERE, ELSEWHERE],
  accounts: [
    {
      id: ACCOUNT,
      name: 'home',
      users: [{ name: 'owner', ...KEYS, isAdministrator: true }],
      roles: [{ name: 'migrator', trustPolicy: trust, policies: [everything] }],
    },
    {
      id: '999999999999',
      name: 'stranger',
      users: [{ name: 'stranger', ...STRANGER_KEYS, isAdministrator: true }],
      roles: [],
    },
  ],
};

/** The sandbox with a role that may do everything, storages that use it, and clients past all our code. */
export class SandboxStage {
  /** The product's clock, whose waits end at once. */
  readonly clock = new FastClock();
  private readonly opened: Storage[] = [];

  private constructor(
    readonly world: SandboxWorld,
    readonly sandboxClock: ShiftedClock,
    private readonly server: SandboxServer,
    readonly raw: S3Client,
    readonly stranger: S3Client,
  ) {}

  static async start(): Promise<SandboxStage> {
    const clock = new ShiftedClock();
    const world = new SandboxWorld({ setup, clock, random: seededRandom(3) });
    const server = await startSandboxServer(world);
    const [raw, stranger] = [s3ClientFor(server.url, KEYS), s3ClientFor(server.url, STRANGER_KEYS)];
    return new SandboxStage(world, clock, server, raw, stranger);
  }

  async open(purpose: StoragePurpose, ...buckets: string[]): Promise<Storage> {
    const connection = {
      name: 'home',
      kind: 'sandbox',
      region: HERE,
      endpoint: this.server.url,
      roleArn: ROLE,
    } as const;
    const access = createStorageAccess({
      connections: { find: async () => connection },
      credentialsOf: () => async () => KEYS,
      clock: this.clock,
      random: seededRandom(5),
    });
    const storage = await access.open({ connection: 'home', purpose, buckets, jobId: JOB_ID });
    this.opened.push(storage);
    return storage;
  }

  newName(): string {
    return `stage-${randomBytes(6).toString('hex')}`;
  }

  async aBucket(client = this.raw): Promise<string> {
    const name = this.newName();
    await client.send(new CreateBucketCommand({ Bucket: name }));
    return name;
  }

  /** One request of this operation goes wrong. */
  spoil(operation: string, fault: Fault, times = 1): void {
    this.world.faults.add({ operation, times, fault });
  }

  async close(): Promise<void> {
    this.opened.forEach((storage) => storage.close());
    this.raw.destroy();
    this.stranger.destroy();
    await this.server.close();
  }
}
