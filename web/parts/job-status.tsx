import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import type { JobStatus, JobView } from '../../domain/views.ts';
import { STATUS_WORDS } from '../words/job.ts';

const INDICATOR: Readonly<Record<JobStatus, StatusIndicatorProps.Type>> = {
  running: 'in-progress',
  stopping: 'pending',
  stopped: 'stopped',
  failed: 'error',
  succeeded: 'success',
};

export function JobStatusText({ status }: Readonly<{ status: JobStatus }>) {
  return <StatusIndicator type={INDICATOR[status]}>{STATUS_WORDS[status]}</StatusIndicator>;
}

/** `text` says what the job is doing, or how it ended; the sign beside it says the same as the status. */
export function JobPhaseText({ job, text }: Readonly<{ job: JobView; text: string }>) {
  return (
    <StatusIndicator type={INDICATOR[job.status]} iconAriaLabel={STATUS_WORDS[job.status]}>
      <span className="wrap-anywhere">{text}</span>
    </StatusIndicator>
  );
}
