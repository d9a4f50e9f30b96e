import SpaceBetween from '@cloudscape-design/components/space-between';
import { useParams } from 'react-router';
import type { JobView } from '../../../domain/views.ts';
import { useJob } from '../../hooks/use-jobs.ts';
import { AsOf } from '../../parts/as-of.tsx';
import { PageHeading } from '../../parts/page-heading.tsx';
import { RouterLink } from '../../parts/router-link.tsx';
import { Waiting } from '../../parts/waiting.tsx';
import { decisionOf } from '../../words/decision.ts';
import { jobName } from '../../words/job.ts';
import { ConsentDecision } from './consent-decision.tsx';
import { NameDecision } from './name-decision.tsx';
import { QuarantineDecision } from './quarantine-decision.tsx';

/** A page of its own and not a dialog: there is much to read, and it can be sent to somebody who decides. */
export default function Decision() {
  const { id = '' } = useParams();
  return <OneDecision key={id} id={id} />;
}

function OneDecision({ id }: Readonly<{ id: string }>) {
  const query = useJob(id);
  const job = query.data?.job;
  return (
    <SpaceBetween size="m">
      <RouterLink to={`/jobs/${encodeURIComponent(id)}`}>{job ? jobName(job) : `Job ${id}`}</RouterLink>
      {!job && <PageHeading title="Your decision" />}
      <AsOf query={query} />
      {query.isPending && <Waiting what="the job" />}
      {job && <DecisionOf job={job} />}
    </SpaceBetween>
  );
}

/** What the server said to a consent stays on the page also when nothing is asked any more: the same part shows both. */
function DecisionOf({ job }: Readonly<{ job: JobView }>) {
  switch (decisionOf(job)) {
    case 'name':
      return <NameDecision job={job} />;
    case 'quarantine':
      return <QuarantineDecision job={job} />;
    default:
      return <ConsentDecision job={job} />;
  }
}
