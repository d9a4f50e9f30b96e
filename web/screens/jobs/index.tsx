import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { JobView } from '../../../domain/views.ts';
import type { WizardArrival } from '../../forms/job-form.ts';
import { useJobAction, useJobs } from '../../hooks/use-jobs.ts';
import { AsOf } from '../../parts/as-of.tsx';
import { PageHeading } from '../../parts/page-heading.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { StopDialog } from '../../parts/stop-dialog.tsx';
import { JobTable } from './job-table.tsx';
import type { RowAction } from './row-actions.tsx';

export default function Jobs() {
  const navigate = useNavigate();
  const jobs = useJobs();
  const redrive = useJobAction('redrive');
  const [stopping, setStopping] = useState<JobView>();
  const act = (action: RowAction, job: JobView) => {
    switch (action) {
      case 'open':
        return void navigate(`/jobs/${encodeURIComponent(job.id)}`);
      case 'stop':
        return setStopping(job);
      case 'redrive':
        return redrive.mutate(job.id);
      case 'again':
        return void navigate('/new', { state: { request: job.request } satisfies WizardArrival });
    }
  };
  return (
    <SpaceBetween size="m">
      <PageHeading
        title="Jobs"
        counter={jobs.data ? `(${jobs.data.jobs.length})` : ''}
        actions={
          <Button variant="primary" onClick={() => void navigate('/new')}>
            New job
          </Button>
        }
      />
      <AsOf query={jobs} />
      {redrive.error && <ProblemAlert error={redrive.error} takesFocus />}
      {/* A banner for every job that waits for a decision belongs here, once there are migrations. */}
      {jobs.data || jobs.isPending ? <JobTable jobs={jobs.data?.jobs} onAction={act} /> : null}
      {stopping && <StopDialog job={stopping} onDone={() => setStopping(undefined)} />}
    </SpaceBetween>
  );
}
