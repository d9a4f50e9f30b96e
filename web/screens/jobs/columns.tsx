import Box from '@cloudscape-design/components/box';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { TableProps } from '@cloudscape-design/components/table';
import type { JobView } from '../../../domain/views.ts';
import { JobBar } from '../../parts/job-bar.tsx';
import { TwoLines, When } from '../../parts/two-lines.tsx';
import { RouterLink } from '../../parts/router-link.tsx';
import { isActive, jobName, KIND_WORDS, phaseOrProblemText } from '../../words/job.ts';
import { keptNameText } from '../../words/migration.ts';
import { formatByteRate, formatCount, formatObjectRate } from '../../words/numbers.ts';
import { formatTimeLeft } from '../../words/times.ts';

type Column = TableProps.ColumnDefinition<JobView> & { id: string };

export const JOB_COLUMNS: readonly Column[] = [
  { id: 'name', header: 'Job', isRowHeader: true, minWidth: 180, cell: (job) => <JobName job={job} /> },
  { id: 'kind', header: 'Kind', minWidth: 80, cell: (job) => KIND_WORDS[job.kind] },
  {
    id: 'progress',
    header: 'Progress',
    minWidth: 220,
    cell: (job) => <JobBar job={job} text={phaseOrProblemText(job)} />,
  },
  {
    id: 'speed',
    header: 'Objects/s, bytes/s',
    minWidth: 110,
    cell: (job) =>
      isActive(job) ? (
        <TwoLines first={formatObjectRate(job.objectsPerSecond)} second={formatByteRate(job.bytesPerSecond)} />
      ) : (
        '–'
      ),
  },
  {
    id: 'left',
    header: 'Time left',
    minWidth: 100,
    cell: (job) => (isActive(job) ? formatTimeLeft(job.secondsLeft) : '–'),
  },
  { id: 'failed', header: 'Failed', minWidth: 80, cell: (job) => <FailedCount count={job.failedCount} /> },
  { id: 'started', header: 'Started', minWidth: 120, cell: (job) => <When atMs={job.createdAtMs} /> },
];

/** On a small screen a job is its name and its bar, one below the other. */
export const NARROW_JOB_COLUMNS: readonly Column[] = [
  {
    id: 'job',
    header: 'Job',
    isRowHeader: true,
    cell: (job) => (
      <>
        <JobName job={job} />
        <JobBar job={job} text={phaseOrProblemText(job)} />
      </>
    ),
  },
];

function JobName({ job }: Readonly<{ job: JobView }>) {
  return (
    <div className="wrap-anywhere" title={jobName(job)}>
      <RouterLink to={`/jobs/${encodeURIComponent(job.id)}`}>{jobName(job)}</RouterLink>
      <Box fontSize="body-s" color="text-body-secondary">
        {job.kind === 'copy' ? `${job.source.connection} → ${job.destination.connection}` : keptNameText(job)}
      </Box>
    </div>
  );
}

function FailedCount({ count }: Readonly<{ count: number }>) {
  if (count === 0) return '0';
  return (
    <StatusIndicator type="warning" iconAriaLabel="Needs a look">
      {formatCount(count)}
    </StatusIndicator>
  );
}
