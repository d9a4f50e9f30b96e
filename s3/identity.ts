import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { StorageRefusedError, StorageUnsupportedError } from '../domain/errors.ts';
import { parseRoleArn } from '../domain/names.ts';
import type { Identity } from '../domain/ports.ts';
import type { Place } from './place.ts';

/**
 * Who acts: the role, or what STS says of the keys (STS API reference, GetCallerIdentity). `principalArn` is how
 * bucket policies name that principal; the connection's own word for it goes before STS's.
 */
export async function identityOf(place: Place): Promise<Identity> {
  const { roleArn, principalArn } = place.connection;
  const role = roleArn === undefined ? undefined : parseRoleArn(roleArn);
  if (role?.ok) return { accountId: role.role.accountId, principalArn: roleArn ?? '' };
  const caller = await askCaller(place);
  const arn = principalArn ?? (caller.arn === undefined ? undefined : roleOfSession(caller.arn));
  return {
    ...(caller.accountId === undefined ? {} : { accountId: caller.accountId }),
    ...(arn === undefined ? {} : { principalArn: arn }),
  };
}

const owners = new WeakMap<Place, Promise<string | undefined>>();

/**
 * The account that must own a bucket before anything in it is deleted: that of the role, or the one that STS names for
 * plain keys, asked once. Nothing where the provider knows no owners.
 */
export async function ownerToExpect(place: Place): Promise<{ ExpectedBucketOwner?: string }> {
  if (!place.traits.knowsOwners) return {};
  if (place.accountId !== undefined) return place.ownerOf();
  const asked = owners.get(place) ?? identityOf(place).then(({ accountId }) => accountId);
  owners.set(place, asked);
  try {
    const accountId = await asked;
    return accountId === undefined ? {} : { ExpectedBucketOwner: accountId };
  } catch (error) {
    owners.delete(place); // the next request asks again
    throw error;
  }
}

/** Providers without STS answer with a refusal; then nothing is known, and nothing is guessed. */
async function askCaller(place: Place): Promise<{ accountId?: string; arn?: string }> {
  try {
    return await place.requests.runSts({ operation: 'GetCallerIdentity' }, async (client, options) => {
      const { Account, Arn } = await client.send(new GetCallerIdentityCommand({}), options);
      return {
        ...(/^\d{12}$/.test(Account ?? '') ? { accountId: Account as string } : {}),
        ...(Arn?.startsWith('arn:') ? { arn: Arn } : {}),
      };
    });
  } catch (error) {
    if (place.connection.kind === 's3-compatible' && isWithoutSts(error)) return {};
    throw error;
  }
}

const isWithoutSts = (error: unknown): boolean =>
  error instanceof StorageUnsupportedError || error instanceof StorageRefusedError;

/**
 * `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION` → `arn:aws:iam::ACCOUNT:role/NAME`: policies name the role. A role's
 * path is not in the session's ARN, so roles with a path have to be given on the connection.
 */
export function roleOfSession(arn: string): string {
  const session = /^arn:([a-z-]+):sts::(\d*):assumed-role\/([^/]+)\/.+$/.exec(arn);
  return session ? `arn:${session[1]}:iam::${session[2]}:role/${session[3]}` : arn;
}
