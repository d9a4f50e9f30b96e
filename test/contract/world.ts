import type { Account } from '../support/s3-account.ts';

/** A role of account A that account B's user may take on with the external id, and nobody else. */
export type TrustedRole = Readonly<{ arn: string; externalId: string }>;

/** A running S3 with three accounts that know nothing of each other. */
export type World = Readonly<{
  endpoint: string;
  a: Account;
  b: Account;
  c: Account;
  /** May only read. */
  role: TrustedRole;
  /** May read and write wherever a bucket lets it: what a copy job runs as. */
  copier: TrustedRole;
  /** A bucket name that nobody has used. */
  newName(): string;
  close(): Promise<void>;
}>;

/** One promise about S3. `id` is its name in the table of differences. */
export type Behaviour = Readonly<{ id: string; promise: string; check: (world: World) => Promise<void> }>;

export const behaviour = (id: string, promise: string, check: (world: World) => Promise<void>): Behaviour => ({
  id,
  promise,
  check,
});
