import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useNavigate } from 'react-router';
import { useHealth } from '../../hooks/use-connections.ts';
import { useExample } from './use-example.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';

/** What a person can do first: one sentence and the buttons. */
export function FirstSteps() {
  const navigate = useNavigate();
  const health = useHealth();
  const example = useExample();
  const canTry = health.data?.sandbox ?? false;
  return (
    <Box textAlign="center" padding="l">
      <SpaceBetween size="m" alignItems="center">
        <Box variant="p">A job copies every object of a bucket to another one and proves that they are equal.</Box>
        <SpaceBetween direction="horizontal" size="xs" alignItems="center">
          <Button variant="primary" onClick={() => void navigate('/new')}>
            Copy a bucket
          </Button>
          <Button disabled disabledReason="Comes later: moving a bucket together with its name.">
            Migrate a bucket
          </Button>
          {canTry && (
            <Button loading={example.isPending} loadingText="Looking for an example" onClick={() => example.mutate()}>
              Try an example
            </Button>
          )}
        </SpaceBetween>
        {example.error && <ProblemAlert error={example.error} takesFocus />}
        {example.isNothingThere && (
          <Alert type="info">There are no two sandbox connections to copy between. Fill in the form yourself.</Alert>
        )}
      </SpaceBetween>
    </Box>
  );
}
