import Tabs from '@cloudscape-design/components/tabs';
import { useSearchParams } from 'react-router';
import type { JobView } from '../../../domain/views.ts';
import type { Look } from '../../words/limits.ts';
import { formatCount } from '../../words/numbers.ts';
import { FailuresTab } from './failures/index.tsx';
import { FlowTab } from './flow/index.tsx';
import { LogsTab } from './logs/index.tsx';
import { ProgressTab } from './progress/index.tsx';
import { ReportTab } from './report/index.tsx';

type Props = Readonly<{ job: JobView; looks: readonly Look[] }>;

/** The tab is in the address, so that a reload or a link shows the same one. */
export function JobTabs({ job, looks }: Props) {
  const [search, setSearch] = useSearchParams();
  return (
    <Tabs
      ariaLabel="About this job"
      activeTabId={search.get('tab') ?? 'progress'}
      onChange={({ detail }) => setSearch({ tab: detail.activeTabId }, { replace: true })}
      tabs={[
        { id: 'progress', label: 'Progress', content: <ProgressTab job={job} looks={looks} /> },
        { id: 'flow', label: 'Flow', content: <FlowTab job={job} /> },
        {
          id: 'failures',
          label: job.failedCount > 0 ? `Failures (${formatCount(job.failedCount)})` : 'Failures',
          content: <FailuresTab job={job} />,
        },
        { id: 'logs', label: 'Tasks and logs', content: <LogsTab job={job} /> },
        { id: 'report', label: 'Report', content: <ReportTab job={job} /> },
      ]}
    />
  );
}
