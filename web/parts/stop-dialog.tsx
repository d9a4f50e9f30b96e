import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { JobView } from '../../domain/views.ts';
import { useStop } from '../hooks/use-jobs.ts';
import { canStop } from '../words/job.ts';
import { stopWords } from '../words/stopping.ts';
import { ProblemAlert } from './problem-alert.tsx';

type Props = Readonly<{ job: JobView; onDone: () => void }>;

/** What it says follows the job: when that goes on meanwhile, the dialog tells what stopping does now. */
export function StopDialog({ job, onDone }: Props) {
  const stop = useStop(job);
  const words = stopWords(job);
  return (
    <Modal
      visible
      onDismiss={onDone}
      header={<span className="wrap-anywhere">{words.question}</span>}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onDone}>
              {words.keep}
            </Button>
            {canStop(job) && (
              <Button
                variant="primary"
                loading={stop.isPending}
                loadingText="Stopping"
                onClick={() => stop.mutate(undefined, { onSuccess: onDone })}
              >
                {words.confirm}
              </Button>
            )}
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {stop.error && <ProblemAlert error={stop.error} takesFocus />}
        {words.what.map((sentence) => (
          <Box key={sentence}>
            <span className="wrap-anywhere">{sentence}</span>
          </Box>
        ))}
      </SpaceBetween>
    </Modal>
  );
}
