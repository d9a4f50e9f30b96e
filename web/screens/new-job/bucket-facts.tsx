import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { isBucketMissing } from '../../api/problem.ts';
import type { JobForm } from '../../forms/job-form.ts';
import { useBucket } from '../../hooks/use-connections.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { bucketFacts } from './facts.ts';

type Props = Readonly<{
  title: string;
  connection: string;
  bucket: string;
  prefix: string;
  kind: JobForm['kind'];
  /** Said when the bucket does not exist, where that is not an error. */
  whenMissing?: string;
}>;

/** What is known of a bucket, beside the field where it is chosen. */
export function BucketFacts({ title, connection, bucket, prefix, kind, whenMissing }: Props) {
  const { data, error, isFetching, isEnabled } = useBucket(connection, bucket, prefix);
  return (
    <div aria-live="polite">
      <Box variant="h3">{title}</Box>
      {!isEnabled && <Box color="text-body-secondary">Choose a bucket to see what is in it.</Box>}
      {isEnabled && isFetching && <StatusIndicator type="loading">Looking at {bucket}</StatusIndicator>}
      {isEnabled && !isFetching && data && (
        <KeyValuePairs columns={2} items={bucketFacts(data, kind).map(({ label, value }) => ({ label, value }))} />
      )}
      {isEnabled && !isFetching && error && whenMissing && isBucketMissing(error) && (
        <Alert type="info">{whenMissing}</Alert>
      )}
      {isEnabled && !isFetching && error && !(whenMissing && isBucketMissing(error)) && <ProblemAlert error={error} />}
    </div>
  );
}
