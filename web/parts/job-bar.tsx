import ProgressBar from '@cloudscape-design/components/progress-bar';
import type { JobView } from '../../domain/views.ts';
import { jobName } from '../words/job.ts';
import { JobPhaseText } from './job-status.tsx';

/** The bar keeps its place however the job ended; the words below it say which. */
export function JobBar({ job, text }: Readonly<{ job: JobView; text: string }>) {
  return (
    <ProgressBar
      variant="key-value"
      value={job.percent}
      ariaLabel={`Progress of ${jobName(job)}`}
      additionalInfo={<JobPhaseText job={job} text={text} />}
    />
  );
}
