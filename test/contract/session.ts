import { AssumeRoleCommand, type AssumeRoleCommandInput } from '@aws-sdk/client-sts';
import { accountFor, stsClientFor, type Account } from '../support/s3-account.ts';
import type { World } from './world.ts';

export function assume(world: World, who: Account, more: Partial<AssumeRoleCommandInput> = {}) {
  const sts = stsClientFor(world.endpoint, who.credentials);
  const { arn, externalId } = world.role;
  return sts.send(
    new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: 'contract', ExternalId: externalId, ...more }),
  );
}

/** Account B in the role of account A. */
export async function aSession(world: World, more: Partial<AssumeRoleCommandInput> = {}): Promise<Account> {
  const { Credentials, AssumedRoleUser } = await assume(world, world.b, more);
  const credentials = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
  return accountFor(world.endpoint, credentials, AssumedRoleUser?.Arn ?? '');
}
