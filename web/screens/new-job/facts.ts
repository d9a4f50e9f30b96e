import type { BucketView } from '../../../domain/views.ts';
import type { JobForm } from '../../forms/job-form.ts';
import { formatBytes, formatCount, soFar } from '../../words/numbers.ts';

type Kind = JobForm['kind'];

const VERSIONING: Readonly<Record<BucketView['versioning'], string>> = {
  off: 'Off',
  enabled: 'On',
  suspended: 'Suspended',
};
const versioningText = (versioning: BucketView['versioning'], kind: Kind): string =>
  versioning === 'off' || kind === 'migrate'
    ? VERSIONING[versioning]
    : `${VERSIONING[versioning]}: only the current versions are copied`;
const ENCRYPTION: Readonly<Record<BucketView['encryption'], string>> = {
  none: 'None',
  'sse-s3': "With S3's keys (SSE-S3)",
  'sse-kms': 'With KMS keys (SSE-KMS)',
  unknown: 'Not known',
};

export const bucketFacts = (bucket: BucketView, kind: Kind): { label: string; value: string }[] => [
  { label: 'Objects', value: soFar(formatCount(bucket.objectCount), bucket.isComplete) },
  { label: 'Size', value: soFar(formatBytes(bucket.sizeBytes), bucket.isComplete) },
  { label: 'Region', value: bucket.region },
  { label: 'Versioning', value: versioningText(bucket.versioning, kind) },
  { label: 'Encryption', value: ENCRYPTION[bucket.encryption] },
];
