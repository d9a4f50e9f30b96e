import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { JobView } from '../../../domain/views.ts';
import type { WizardArrival } from '../../forms/job-form.ts';
import { useRedrive, useJobs } from '../../hooks/use-jobs.ts';
import { AsOf } from '../../parts/as-of.tsx';
import { PageHeading } from '../../parts/page-heading.tsx';
import { DecisionBanner } from '../../parts/decision-banner.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { StopDialog } from '../../parts/stop-dialog.tsx';
import { decisionPath, needsDecision } from '../../words/migration.ts';
import { JobTable } from './job-table.tsx';
import type { RowAction } from './row-actions.tsx';

export default function Jobs() {
  const navigate = useNavigate();
  const jobs = useJobs();
  const redrive = useRedrive();
  const [stoppingId, setStoppingId] = useState<string>();
  const all = jobs.data?.jobs ?? [];
  // As it is now: what stopping does may change while it is asked about.
  const stopping = all.find(({ id }) => id === stoppingId);
  const act = (action: RowAction, job: JobView) => {
    switch (action) {
      case 'decide':
        return void navigate(decisionPath(job));
      case 'open':
        return void navigate(`/jobs/${encodeURIComponent(job.id)}`);
      case 'stop':
        return setStoppingId(job.id);
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
      {all.filter(needsDecision).map((job) => (
        <DecisionBanner key={job.id} job={job} />
      ))}
      {jobs.data || jobs.isPending ? <JobTable jobs={jobs.data?.jobs} onAction={act} /> : null}
      {stopping && <StopDialog job={stopping} onDone={() => setStoppingId(undefined)} />}
    </SpaceBetween>
  );
}
