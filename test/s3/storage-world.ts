import type { S3Client } from '@aws-sdk/client-s3';
import type { Connection } from '../../domain/connection.ts';
import type { FreezeExemption } from '../../domain/policy.ts';
import type { Storage, StoragePurpose } from '../../domain/ports.ts';
import { createStorageAccess } from '../../s3/access.ts';
import type { Credentials } from '../support/s3-account.ts';
import { DeletionWatch } from './deletion-watch.ts';
import { ShiftedClock, systemRandom } from '../support/system-time.ts';

/** The job that every session of these tests belongs to; its id stands in their names. */
export const JOB_ID = 'copy-20261120-0123456789ab';

export type Side = 'source' | 'destination' | 'stranger';

/** Three accounts on one storage: one gives, one takes, one has no business there. */
export type StorageWorld = Readonly<{
  region: string;
  open(side: Side, purpose: StoragePurpose, ...buckets: string[]): Promise<Storage>;
  /** A client past all our code: it puts what is to be copied and looks at what came. */
  raw(side: Side): S3Client;
  /** How a grant to the source's principal has to be made here. */
  grant: Readonly<{ principalArn: string; conditions: 'aws' | 'basic'; givesOwnerControl: boolean }>;
  /** Whom a freeze of the source lets through here. */
  freeze: FreezeExemption;
  /** Everything that a NotPrincipal has to name so that a side is exempt. */
  allNamesOf(side: Side): readonly string[];
  /** What this storage lacks; the promises about it are then not made. */
  lacks: ReadonlySet<'checksums' | 'protection' | 'accounts' | 'marker-over-marker'>;
  newName(): string;
  /** What deletions left the product. */
  deletions: DeletionWatch;
  close(): Promise<void>;
}>;

/** Opens storages the way the product does, with these keys. */
export function storageOpener(
  connections: Readonly<Record<Side, Connection>>,
  keys: Readonly<Record<Side, Credentials>>,
) {
  const opened: Storage[] = [];
  const deletions = new DeletionWatch();
  const sides = Object.keys(connections) as Side[];
  const access = createStorageAccess({
    connections: { find: async (name) => sides.map((side) => connections[side]).find((one) => one.name === name) },
    credentialsOf: (connection) => async () => {
      const side = sides.find((one) => connections[one].name === connection.name) ?? 'stranger';
      return keys[side];
    },
    clock: new ShiftedClock(),
    random: systemRandom,
    edge: deletions.edge,
  });
  return {
    open: async (side: Side, purpose: StoragePurpose, ...buckets: string[]): Promise<Storage> => {
      const storage = await access.open({ connection: connections[side].name, purpose, buckets, jobId: JOB_ID });
      opened.push(storage);
      return storage;
    },
    deletions,
    closeAll: () => {
      opened.forEach((storage) => storage.close());
      deletions.close();
    },
  };
}
