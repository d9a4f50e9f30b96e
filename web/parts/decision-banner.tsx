import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import { useNavigate } from 'react-router';
import type { JobView } from '../../domain/views.ts';
import { jobName } from '../words/job.ts';
import { decisionPath, safetyText } from '../words/migration.ts';
import { formatWhen } from '../words/times.ts';

/** Stands above everything else for as long as a job waits for a person. */
export function DecisionBanner({ job }: Readonly<{ job: JobView }>) {
  const navigate = useNavigate();
  const question = job.migration?.question;
  if (!question) return null;
  const path = decisionPath(job);
  return (
    <Alert
      type="warning"
      header={<span className="wrap-anywhere">{jobName(job)} needs your decision</span>}
      action={
        <Button
          href={path}
          ariaLabel={`Decide about ${jobName(job)}`}
          onFollow={(event) => {
            event.preventDefault();
            void navigate(path);
          }}
        >
          Decide
        </Button>
      }
    >
      <span className="wrap-anywhere">
        {question.question === 'consent'
          ? 'Everything is proven. May the source be deleted?'
          : 'The name of the bucket does not come free.'}{' '}
        {safetyText(job)} It has waited since {formatWhen(question.sinceMs)}.
      </span>
    </Alert>
  );
}
