import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { JobView } from '../../domain/views.ts';
import { useJobAction } from '../hooks/use-jobs.ts';
import { jobName } from '../words/job.ts';
import { ProblemAlert } from './problem-alert.tsx';

type Props = Readonly<{ job: JobView; onDone: () => void }>;

export function StopDialog({ job, onDone }: Props) {
  const stop = useJobAction('stop');
  const confirm = () => stop.mutate(job.id, { onSuccess: onDone });
  return (
    <Modal
      visible
      onDismiss={onDone}
      header={`Stop ${jobName(job)}?`}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onDone}>
              Keep it running
            </Button>
            <Button variant="primary" loading={stop.isPending} loadingText="Stopping" onClick={confirm}>
              Stop the job
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {stop.error && <ProblemAlert error={stop.error} takesFocus />}
        <Box>
          Requests that are running are ended, and the access that was given to the destination bucket is taken back.
          Objects that are copied stay where they are. The source is not touched.
        </Box>
        <Box>Redrive goes on later where the job stopped, without copying again what is done.</Box>
      </SpaceBetween>
    </Modal>
  );
}
