import { CEPH_INSTALL_COMMAND, isCephInstalled } from '../support/ceph-rgw.ts';
import { describeWhereInstalled } from '../support/installed.ts';
import { cephWorld } from './ceph-world.ts';
import { cephDifferences } from './differences.ts';
import { describeS3Behaviour } from './s3-behaviour.ts';

const need = { isInstalled: isCephInstalled(), what: 'radosgw', installCommand: CEPH_INSTALL_COMMAND };

describeWhereInstalled('real S3', need, () => {
  describeS3Behaviour('Ceph RADOS Gateway', cephWorld, cephDifferences);
});
