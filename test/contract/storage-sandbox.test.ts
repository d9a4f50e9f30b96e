import { randomBytes } from 'node:crypto';
import type { Connection } from '../../domain/connection.ts';
import { startSandboxServer } from '../../local/sandbox/http-server.ts';
import { SandboxWorld, type SandboxSetup } from '../../local/sandbox/world.ts';
import { describeStorageContract } from '../s3/storage-contract.ts';
import { storageOpener, type Side, type StorageWorld } from '../s3/storage-world.ts';
import { s3ClientFor } from '../support/s3-account.ts';
import { ShiftedClock, systemRandom } from '../support/system-time.ts';
import { trustPolicy } from './policies.ts';

const EXTERNAL_ID = 'agreed-between-both';
const ACCOUNTS: Readonly<Record<Side, string>> = {
  source: '111111111111',
  destination: '222222222222',
  stranger: '333333333333',
};
const keysOf = (side: Side) => ({
  accessKeyId: `AKIA${side.toUpperCase().padEnd(16, '0')}`,
  secretAccessKey: `secret-of-${side}`,
});
const roleArnOf = (side: Side) => `arn:aws:iam::${ACCOUNTS[side]}:role/migrator`;
const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow' as const, Action: '*', Resource: '*' }] };

const accountOf = (side: Side): SandboxSetup['accounts'][number] => ({
  id: ACCOUNTS[side],
  name: side,
  users: [{ name: 'owner', ...keysOf(side), isAdministrator: true }],
  roles: [
    {
      name: 'migrator',
      trustPolicy: trustPolicy(`arn:aws:iam::${ACCOUNTS[side]}:user/owner`, EXTERNAL_ID),
      policies: [everything],
    },
  ],
});

const connectionOf = (side: Side, endpoint: string): Connection => ({
  name: side,
  kind: 'sandbox',
  region: 'us-east-1',
  endpoint,
  roleArn: roleArnOf(side),
  externalId: EXTERNAL_ID,
  ...keysOf(side),
});

/** The roles may do anything, so that only the session policies stand between a session and what it must not do. */
async function sandboxStorageWorld(): Promise<StorageWorld> {
  const accounts = (Object.keys(ACCOUNTS) as Side[]).map(accountOf);
  const setup: SandboxSetup = { regions: ['us-east-1', 'eu-west-1'], accounts };
  const server = await startSandboxServer(
    new SandboxWorld({ setup, clock: new ShiftedClock(), random: systemRandom }),
    {},
  );
  const forSides = <Value>(make: (side: Side) => Value) => ({
    source: make('source'),
    destination: make('destination'),
    stranger: make('stranger'),
  });
  const opener = storageOpener(
    forSides((side) => connectionOf(side, server.url)),
    forSides(keysOf),
  );
  const clients = forSides((side) => s3ClientFor(server.url, keysOf(side)));
  return {
    region: 'us-east-1',
    open: opener.open,
    deletions: opener.deletions,
    raw: (side) => clients[side],
    grant: { principalArn: roleArnOf('source'), conditions: 'aws', givesOwnerControl: false },
    freeze: { kind: 'sessions' },
    // A session is named, its role and its account (IAM user guide, NotPrincipal).
    allNamesOf: (side) => [roleArnOf(side), `arn:aws:iam::${ACCOUNTS[side]}:root`],
    lacks: new Set(),
    newName: () => `storage-${randomBytes(8).toString('hex')}`,
    close: async () => {
      opener.closeAll();
      Object.values(clients).forEach((client) => client.destroy());
      await server.close();
    },
  };
}

describeStorageContract('the sandbox', sandboxStorageWorld);
