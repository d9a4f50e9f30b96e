import { randomBytes } from 'node:crypto';
import type { Connection } from '../../domain/connection.ts';
import { describeStorageContract } from '../s3/storage-contract.ts';
import { storageOpener, type Side, type StorageWorld } from '../s3/storage-world.ts';
import { CEPH_INSTALL_COMMAND, isCephInstalled, startCephRgw, type CephUser } from '../support/ceph-rgw.ts';
import { describeWhereInstalled } from '../support/installed.ts';
import { s3ClientFor } from '../support/s3-account.ts';

const connectionOf = (side: Side, endpoint: string, user: CephUser): Connection => ({
  name: side,
  kind: 's3-compatible',
  region: 'default',
  endpoint,
  accessKeyId: user.accessKeyId,
  secretAccessKey: user.secretAccessKey,
  principalArn: user.principalArn,
});

async function cephStorageWorld(): Promise<StorageWorld> {
  const ceph = await startCephRgw();
  const users = { source: ceph.users.a, destination: ceph.users.b, stranger: ceph.users.c };
  const forSides = <Value>(make: (side: Side) => Value) => ({
    source: make('source'),
    destination: make('destination'),
    stranger: make('stranger'),
  });
  const opener = storageOpener(
    forSides((side) => connectionOf(side, ceph.endpoint, users[side])),
    users,
  );
  const clients = forSides((side) => s3ClientFor(ceph.endpoint, users[side]));
  return {
    region: 'default',
    open: opener.open,
    deletions: opener.deletions,
    raw: (side) => clients[side],
    grant: { principalArn: users.source.principalArn, conditions: 'basic', givesOwnerControl: true },
    freeze: { kind: 'principal', principalArns: [users.source.principalArn], conditions: 'basic' },
    allNamesOf: (side) => [users[side].principalArn],
    lacks: new Set(['checksums', 'protection', 'accounts', 'marker-over-marker'] as const),
    newName: () => `storage-${randomBytes(8).toString('hex')}`,
    close: async () => {
      opener.closeAll();
      Object.values(clients).forEach((client) => client.destroy());
      await ceph.close();
    },
  };
}

const need = { isInstalled: isCephInstalled(), what: 'radosgw', installCommand: CEPH_INSTALL_COMMAND };

describeWhereInstalled('real S3', need, () => {
  describeStorageContract('Ceph RADOS Gateway', cephStorageWorld);
});
