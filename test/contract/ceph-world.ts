import { randomBytes } from 'node:crypto';
import { startCephRgw, type CephRole, type CephRgw, type CephUser } from '../support/ceph-rgw.ts';
import { accountFor, type Account } from '../support/s3-account.ts';
import { copierPolicy, readOnlyPolicy, trustPolicy, type Policy } from './policies.ts';
import type { World } from './world.ts';

const EXTERNAL_ID = 'agreed-between-both';

export async function cephWorld(): Promise<World> {
  const ceph = await startCephRgw();
  const account = (user: CephUser): Account => accountFor(ceph.endpoint, user, user.principalArn);
  const role = await trustedRole(ceph, 'reader', readOnlyPolicy);
  const copier = await trustedRole(ceph, 'copier', copierPolicy);
  return {
    endpoint: ceph.endpoint,
    a: account(ceph.users.a),
    b: account(ceph.users.b),
    c: account(ceph.users.c),
    role: { arn: role.arn, externalId: EXTERNAL_ID },
    copier: { arn: copier.arn, externalId: EXTERNAL_ID },
    newName: () => `contract-${randomBytes(8).toString('hex')}`,
    close: () => ceph.close(),
  };
}

/** Without the external id: the gateway knows no such condition, and the role would be closed to everybody. */
function trustedRole(ceph: CephRgw, name: string, policy: Policy): Promise<CephRole> {
  return ceph.createRole({
    name,
    trustPolicy: JSON.stringify(trustPolicy(ceph.users.b.principalArn)),
    policy: JSON.stringify(policy),
  });
}
