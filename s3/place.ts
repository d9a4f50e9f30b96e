import type { Connection } from '../domain/connection.ts';
import { parseRoleArn } from '../domain/names.ts';
import type { Clock, Random } from '../domain/time.ts';
import type { Requests } from './requests.ts';
import { traitsOf, type ProviderTraits } from './traits.ts';

/** What every operation of one storage shares. */
export class Place {
  readonly traits: ProviderTraits;
  /** The account that the buckets of this connection belong to, where its role tells it. */
  readonly accountId: string | undefined;

  constructor(
    readonly connection: Connection,
    readonly requests: Requests,
    readonly clock: Clock,
    readonly random: Random,
  ) {
    this.traits = traitsOf(connection);
    const role = connection.roleArn === undefined ? undefined : parseRoleArn(connection.roleArn);
    this.accountId = role?.ok === true && this.traits.knowsOwners ? role.role.accountId : undefined;
  }

  /** Makes S3 refuse a bucket that has come into other hands (S3 user guide, "Verifying bucket ownership"). */
  ownerOf(): { ExpectedBucketOwner?: string } {
    return this.accountId === undefined ? {} : { ExpectedBucketOwner: this.accountId };
  }
}
