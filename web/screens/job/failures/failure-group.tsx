import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { FailuresView, JobView } from '../../../../domain/views.ts';
import { KeyText } from '../../../parts/key-text.tsx';
import { formatObjects } from '../../../words/numbers.ts';
import { RedriveButton } from '../redrive-button.tsx';

type Props = Readonly<{ group: FailuresView['groups'][number]; job: JobView }>;

export function FailureGroup({ group, job }: Props) {
  const { error, outcome, count, exampleKey, message, remedy } = group;
  return (
    <Container
      header={
        <Header
          variant="h3"
          actions={<RedriveButton job={job} text="Retry these" ariaLabel={`Retry these: ${error}`} />}
          description={
            <StatusIndicator type={outcome === 'blocked' ? 'stopped' : 'error'}>
              {outcome === 'blocked' ? 'Blocked: a person must act' : 'Failed'}
            </StatusIndicator>
          }
        >
          {formatObjects(count)}: {error}
        </Header>
      }
    >
      <SpaceBetween size="xs">
        <div className="wrap-anywhere">{message}</div>
        {remedy && <b className="wrap-anywhere">{remedy}</b>}
        <Box color="text-body-secondary">
          For example <KeyText percentForm={exampleKey} />
        </Box>
      </SpaceBetween>
    </Container>
  );
}
