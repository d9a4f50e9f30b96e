import Alert from '@cloudscape-design/components/alert';
import type { AlertProps } from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useEffect, useRef } from 'react';
import type { PreflightView } from '../../../domain/views.ts';
import { CheckLine } from '../../parts/check-line.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { Waiting } from '../../parts/waiting.tsx';
import type { WizardView } from './use-wizard.ts';

type Props = Readonly<{
  preflight: WizardView['preflight'];
  /** How often start was pressed although something is blocked: each time the focus goes to what holds it back. */
  insistedCount: number;
}>;

export function Checks({ preflight, insistedCount }: Props) {
  const { data, error, isFetching, refetch } = preflight;
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Everything that can be known before the first write."
          actions={
            <Button iconName="refresh" loading={isFetching} loadingText="Checking" onClick={() => void refetch()}>
              Check again
            </Button>
          }
        >
          Checks
        </Header>
      }
    >
      <SpaceBetween size="m">
        {error && <ProblemAlert error={error} />}
        {data?.status === 'blocked' && <Blocked preflight={data} insistedCount={insistedCount} />}
        {!data && isFetching && <Waiting what="the checks" />}
        {data && (
          <ul className="check-list">
            {data.checks.map(({ id, title, status, reason, remedy }) => (
              <CheckLine key={id} title={title} status={status} reason={reason} remedy={remedy} />
            ))}
          </ul>
        )}
        {!data && !isFetching && !error && <Box>The checks begin when every field is right.</Box>}
      </SpaceBetween>
    </Container>
  );
}

function Blocked({ preflight, insistedCount }: Readonly<{ preflight: PreflightView; insistedCount: number }>) {
  const alert = useRef<AlertProps.Ref>(null);
  useEffect(() => {
    if (insistedCount > 0) alert.current?.focus();
  }, [insistedCount]);
  const count = preflight.checks.filter(({ status }) => status === 'blocked').length;
  return (
    <Alert ref={alert} type="error" header="The job cannot start yet">
      {count === 1 ? 'One check is blocked.' : `${count} checks are blocked.`} Do what stands beside it, then check
      again.
    </Alert>
  );
}
