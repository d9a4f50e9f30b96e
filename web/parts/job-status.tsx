import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import type { JobStatus, JobView } from '../../domain/views.ts';
import { statusText } from '../words/job.ts';
import { needsDecision } from '../words/migration.ts';

const INDICATOR: Readonly<Record<JobStatus, StatusIndicatorProps.Type>> = {
  running: 'in-progress',
  stopping: 'pending',
  stopped: 'stopped',
  failed: 'error',
  succeeded: 'success',
};

/** A job that waits for a person looks like it, although its flow runs. */
const signOf = (job: JobView): StatusIndicatorProps.Type => (needsDecision(job) ? 'warning' : INDICATOR[job.status]);

export function JobStatusText({ job }: Readonly<{ job: JobView }>) {
  return <StatusIndicator type={signOf(job)}>{statusText(job)}</StatusIndicator>;
}

/** `text` says what the job is doing, or how it ended; the sign beside it says the same as the status. */
export function JobPhaseText({ job, text }: Readonly<{ job: JobView; text: string }>) {
  return (
    <StatusIndicator type={signOf(job)} iconAriaLabel={statusText(job)}>
      <span className="wrap-anywhere">{text}</span>
    </StatusIndicator>
  );
}
