import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { JobView } from '../../../domain/views.ts';
import { useNow } from '../../hooks/use-now.ts';
import { JobBar } from '../../parts/job-bar.tsx';
import { JobStatusText } from '../../parts/job-status.tsx';
import { objectCount, placedCount } from '../../words/counts.ts';
import { elapsedMs, isActive, isStale, phaseText } from '../../words/job.ts';
import { formatBytes, formatCount, soFar } from '../../words/numbers.ts';
import { formatClock, formatDuration, formatTimeLeft } from '../../words/times.ts';

/** Status, percent, phase, elapsed, time left: what one looks at first. */
export function JobSummary({ job }: Readonly<{ job: JobView }>) {
  const nowMs = useNow(isActive(job));
  return (
    <Container>
      <SpaceBetween size="m">
        <JobBar job={job} text={phaseText(job)} />
        <KeyValuePairs
          columns={4}
          minColumnWidth={110}
          items={[
            { label: 'Status', value: <JobStatusText job={job} /> },
            { label: 'Elapsed', value: formatDuration(elapsedMs(job, nowMs)) },
            { label: 'Time left', value: isActive(job) ? formatTimeLeft(job.secondsLeft) : '–' },
            { label: 'Objects', value: objectsText(job) },
            { label: 'Size', value: sizeText(job) },
            { label: 'Skipped', value: formatCount(job.skippedCount) },
            { label: 'Failed', value: formatCount(job.failedCount) },
            { label: 'Redrives', value: formatCount(job.redriveCount) },
          ]}
        />
        {isStale(job, nowMs) && <Alert type="warning">These numbers are as of {formatClock(job.asOfMs)}.</Alert>}
        {job.problem && (
          <Alert type="error" header={<span className="wrap-anywhere">{job.problem.message}</span>}>
            <span className="wrap-anywhere">{job.problem.remedy}</span>
            <Box fontSize="body-s" color="text-body-secondary">
              {job.problem.error}
            </Box>
          </Alert>
        )}
      </SpaceBetween>
    </Container>
  );
}

/** Before the plan is made there is only what was listed so far. */
const objectsText = (job: JobView): string =>
  job.isCounting
    ? soFar(formatCount(job.listedCount), false)
    : `${formatCount(placedCount(job))} of ${formatCount(objectCount(job))}`;

const sizeText = (job: JobView): string =>
  job.isCounting ? '–' : `${formatBytes(job.copiedBytes)} of ${formatBytes(job.totalBytes)}`;
