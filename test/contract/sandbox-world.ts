import { randomBytes } from 'node:crypto';
import { startSandboxServer } from '../../local/sandbox/http-server.ts';
import { SandboxWorld, type SandboxSetup } from '../../local/sandbox/world.ts';
import { accountFor, type Account } from '../support/s3-account.ts';
import { ShiftedClock, systemRandom } from '../support/system-time.ts';
import { copierPolicy, readOnlyPolicy, trustPolicy } from './policies.ts';
import type { World } from './world.ts';

const EXTERNAL_ID = 'agreed-between-both';
const ACCOUNTS = { anna: '111111111111', bruno: '222222222222', clara: '333333333333' } as const;
type Name = keyof typeof ACCOUNTS;

const arnOf = (name: Name): string => `arn:aws:iam::${ACCOUNTS[name]}:user/${name}`;
const keysOf = (name: Name) => ({
  accessKeyId: `AKIA${name.toUpperCase().padEnd(16, '0')}`,
  secretAccessKey: `secret-of-${name}`,
});

const accountOf = (name: Name, roles: SandboxSetup['accounts'][number]['roles'] = []) => ({
  id: ACCOUNTS[name],
  name,
  users: [{ name, ...keysOf(name), isAdministrator: true }],
  roles,
});

const setup: SandboxSetup = {
  regions: ['us-east-1', 'eu-west-1'],
  accounts: [
    accountOf('anna', [
      { name: 'reader', trustPolicy: trustPolicy(arnOf('bruno'), EXTERNAL_ID), policies: [readOnlyPolicy] },
      { name: 'copier', trustPolicy: trustPolicy(arnOf('bruno'), EXTERNAL_ID), policies: [copierPolicy] },
    ]),
    accountOf('bruno'),
    accountOf('clara'),
  ],
};

export type SandboxContractWorld = World & Readonly<{ clock: ShiftedClock }>;

export async function sandboxWorld(): Promise<SandboxContractWorld> {
  const clock = new ShiftedClock();
  const server = await startSandboxServer(new SandboxWorld({ setup, clock, random: systemRandom }), {});
  const account = (name: Name): Account => accountFor(server.url, keysOf(name), arnOf(name));
  return {
    endpoint: server.url,
    clock,
    a: account('anna'),
    b: account('bruno'),
    c: account('clara'),
    role: { arn: `arn:aws:iam::${ACCOUNTS.anna}:role/reader`, externalId: EXTERNAL_ID },
    copier: { arn: `arn:aws:iam::${ACCOUNTS.anna}:role/copier`, externalId: EXTERNAL_ID },
    newName: () => `contract-${randomBytes(8).toString('hex')}`,
    close: () => server.close(),
  };
}
