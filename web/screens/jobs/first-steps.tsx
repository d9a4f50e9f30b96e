import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useNavigate } from 'react-router';
import type { WizardArrival } from '../../forms/job-form.ts';
import { useHealth } from '../../hooks/use-connections.ts';
import { useExample } from './use-example.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';

/** What a person can do first: two sentences and the buttons. */
export function FirstSteps() {
  const navigate = useNavigate();
  const canTry = useHealth().data?.sandbox ?? false;
  const migrate = () => void navigate('/new', { state: { form: { kind: 'migrate' } } satisfies WizardArrival });
  return (
    <Box textAlign="center" padding="l">
      <SpaceBetween size="m" alignItems="center">
        <Box variant="p">
          A copy brings every object of a bucket to another one and proves that they are equal. A migration moves the
          bucket together with its name, and asks you before anything is deleted.
        </Box>
        <SpaceBetween direction="horizontal" size="xs" alignItems="center">
          <Button variant="primary" onClick={() => void navigate('/new')}>
            Copy a bucket
          </Button>
          <Button onClick={migrate}>Migrate a bucket</Button>
        </SpaceBetween>
        {canTry && <Examples />}
      </SpaceBetween>
    </Box>
  );
}

function Examples() {
  const copy = useExample('copy');
  const migration = useExample('migrate');
  const error = copy.error ?? migration.error;
  return (
    <SpaceBetween size="m" alignItems="center">
      <SpaceBetween direction="horizontal" size="xs" alignItems="center">
        <Button loading={copy.isPending} loadingText="Looking for an example" onClick={() => copy.mutate()}>
          Try an example
        </Button>
        <Button loading={migration.isPending} loadingText="Looking for an example" onClick={() => migration.mutate()}>
          Try a migration
        </Button>
      </SpaceBetween>
      {error && <ProblemAlert error={error} takesFocus />}
      {(copy.isNothingThere || migration.isNothingThere) && (
        <Alert type="info">There are no two sandbox connections to go between. Fill in the form yourself.</Alert>
      )}
    </SpaceBetween>
  );
}
