import Button, { type ButtonProps } from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import type { JobView } from '../../../domain/views.ts';
import { useRedrive } from '../../hooks/use-jobs.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { canRedrive } from '../../words/job.ts';

type Props = Readonly<{ job: JobView; text: string; variant?: ButtonProps.Variant; ariaLabel?: string }>;

/** Goes on at the state that failed or was stopped. Needs no confirmation: it never repeats what is done. */
export function RedriveButton({ job, text, variant = 'normal', ariaLabel = text }: Props) {
  const redrive = useRedrive();
  return (
    <>
      <Button
        variant={variant}
        ariaLabel={ariaLabel}
        loading={redrive.isPending}
        loadingText="Going on"
        disabled={!canRedrive(job)}
        disabledReason="A redrive is possible once the job has failed or was stopped."
        onClick={() => redrive.mutate(job.id)}
      >
        {text}
      </Button>
      {redrive.error && (
        <Modal visible header="The job did not go on" onDismiss={() => redrive.reset()}>
          <ProblemAlert error={redrive.error} takesFocus />
        </Modal>
      )}
    </>
  );
}
