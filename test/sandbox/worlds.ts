import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { afterEach } from 'vitest';
import type { Clock, EpochMs, Random } from '../../domain/time.ts';
import type { PolicyDocument } from '../../local/sandbox/policy-document.ts';
import { startSandboxServer, type SandboxServer } from '../../local/sandbox/http-server.ts';
import type { SandboxPersistence } from '../../local/sandbox/persistence.ts';
import { SandboxWorld, type SandboxSetup } from '../../local/sandbox/world.ts';

export const ALICE_ACCOUNT = '111111111111';
export const BOB_ACCOUNT = '222222222222';

export type Keys = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
export const ALICE: Keys = { accessKeyId: 'AKIAALICE', secretAccessKey: 'alice-secret' };
export const BOB: Keys = { accessKeyId: 'AKIABOB', secretAccessKey: 'bob-secret' };
/** A user of Alice's account without any policy. */
export const CAROL: Keys = { accessKeyId: 'AKIACAROL', secretAccessKey: 'carol-secret' };

export const allow = (action: string | string[], resource: string | string[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: action, Resource: resource }],
});

export const trust = (principal: string, condition?: Record<string, Record<string, string>>): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: principal },
      Action: 'sts:AssumeRole',
      ...(condition && { Condition: condition }),
    },
  ],
});

export const SETUP: SandboxSetup = {
  accounts: [
    {
      id: ALICE_ACCOUNT,
      name: 'alice',
      users: [
        { name: 'alice', ...ALICE, isAdministrator: true },
        { name: 'carol', ...CAROL },
      ],
      roles: [
        {
          name: 'reader',
          trustPolicy: trust(`arn:aws:iam::${ALICE_ACCOUNT}:user/alice`, {
            StringEquals: { 'sts:ExternalId': 'shared' },
          }),
          policies: [allow(['s3:*', 'sts:AssumeRole'], '*')],
          maxSessionSeconds: 7200,
        },
      ],
    },
    {
      id: BOB_ACCOUNT,
      name: 'bob',
      users: [{ name: 'bob', ...BOB, isAdministrator: true }],
      roles: [
        {
          name: 'writer',
          trustPolicy: trust(`arn:aws:iam::${ALICE_ACCOUNT}:role/reader`),
          policies: [allow('s3:*', '*')],
          maxSessionSeconds: 7200,
        },
      ],
    },
  ],
};

/** The machine's clock, moved by hand: signatures stay valid within 15 minutes of it. */
export class MovableClock implements Clock {
  aheadMs = 0;
  nowMs(): EpochMs {
    return (Date.now() + this.aheadMs) as EpochMs;
  }
  async sleep(waitMs: number): Promise<void> {
    this.aheadMs += waitMs;
  }
}

export function seededRandom(seed = 1): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, hex: (digits) => Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join('') };
}

export type RunningSandbox = {
  world: SandboxWorld;
  clock: MovableClock;
  server: SandboxServer;
  s3: (keys: Keys, region?: string) => S3Client;
  sts: (keys: Keys) => STSClient;
};

const running: RunningSandbox[] = [];
const clients: { destroy(): void }[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  for (const sandbox of running.splice(0)) await sandbox.server.close();
});

/** A sandbox behind HTTP that ends with the test. */
export async function aSandbox(
  setup: Partial<SandboxSetup> = {},
  persistence?: SandboxPersistence,
): Promise<RunningSandbox> {
  const clock = new MovableClock();
  const world = new SandboxWorld({
    setup: { ...SETUP, ...setup },
    clock,
    random: seededRandom(),
    ...(persistence && { persistence }),
  });
  const server = await startSandboxServer(world, { port: 0 });
  const remember = <Client extends { destroy(): void }>(client: Client): Client => {
    clients.push(client);
    return client;
  };
  const sandbox: RunningSandbox = {
    world,
    clock,
    server,
    s3: (credentials, region = 'us-east-1') =>
      remember(new S3Client({ endpoint: server.url, region, credentials, forcePathStyle: true, maxAttempts: 1 })),
    sts: (credentials) =>
      remember(new STSClient({ endpoint: server.url, region: 'us-east-1', credentials, maxAttempts: 1 })),
  };
  running.push(sandbox);
  return sandbox;
}

export type Problem = { name: string; status: number | undefined; message: string };

/** The error's name and status, or a failure of the test when there was none. */
export async function problemOf(work: Promise<unknown>): Promise<Problem> {
  try {
    await work;
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return { name, status: $metadata?.httpStatusCode, message };
  }
  throw new Error('Expected the request to be refused, but it was carried out');
}
