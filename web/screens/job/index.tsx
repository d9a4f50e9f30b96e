import SpaceBetween from '@cloudscape-design/components/space-between';
import { useParams } from 'react-router';
import { useJob } from '../../hooks/use-jobs.ts';
import { AsOf } from '../../parts/as-of.tsx';
import { DecisionBanner } from '../../parts/decision-banner.tsx';
import { PageHeading } from '../../parts/page-heading.tsx';
import { RouterLink } from '../../parts/router-link.tsx';
import { Waiting } from '../../parts/waiting.tsx';
import { needsDecision } from '../../words/migration.ts';
import { JobHeading } from './job-heading.tsx';
import { JobSummary } from './job-summary.tsx';
import { JobTabs } from './job-tabs.tsx';
import { MigrationPanel } from './migration/index.tsx';

export default function Job() {
  const { id = '' } = useParams();
  // Another job is another page: nothing of the one before is kept.
  return <OneJob key={id} id={id} />;
}

function OneJob({ id }: Readonly<{ id: string }>) {
  const query = useJob(id);
  const watched = query.data;
  return (
    <SpaceBetween size="m">
      <RouterLink to="/">Jobs</RouterLink>
      {watched ? <JobHeading job={watched.job} /> : <PageHeading title={`Job ${id}`} />}
      <AsOf query={query} />
      {query.isPending && <Waiting what="the job" />}
      {watched && needsDecision(watched.job) && <DecisionBanner job={watched.job} />}
      {watched && <JobSummary job={watched.job} />}
      {watched && <MigrationPanel job={watched.job} />}
      {watched && <JobTabs job={watched.job} looks={watched.looks} />}
    </SpaceBetween>
  );
}
