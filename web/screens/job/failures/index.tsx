import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { JobView } from '../../../../domain/views.ts';
import { useJobPart } from '../../../hooks/use-jobs.ts';
import { AsOf } from '../../../parts/as-of.tsx';
import { ProblemAlert } from '../../../parts/problem-alert.tsx';
import { Waiting } from '../../../parts/waiting.tsx';
import { formatObjects } from '../../../words/numbers.ts';
import { FailureGroup } from './failure-group.tsx';
import { FailureTable } from './failure-table.tsx';
import { useFailuresFile } from './use-failures-file.ts';

export function FailuresTab({ job }: Readonly<{ job: JobView }>) {
  const query = useJobPart('failures', job);
  const file = useFailuresFile(job.id);
  if (query.isPending) return <Waiting what="the failures" />;
  const view = query.data;
  return (
    <SpaceBetween size="m">
      <AsOf query={query} />
      {file.error && <ProblemAlert error={file.error} takesFocus />}
      {view?.totalCount === 0 && (
        <Box textAlign="center" padding="l">
          No object has failed.
        </Box>
      )}
      {view && view.totalCount > 0 && (
        <SpaceBetween size="m">
          <Header
            variant="h2"
            description={`${formatObjects(view.totalCount)} not copied, by cause. The others went on.`}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button iconName="download" loading={file.isPending} onClick={() => file.mutate('csv')}>
                  Download CSV
                </Button>
                <Button iconName="download" loading={file.isPending} onClick={() => file.mutate('json')}>
                  Download JSON
                </Button>
              </SpaceBetween>
            }
          >
            Causes
          </Header>
          {view.groups.map((group) => (
            <FailureGroup key={`${group.error} ${group.outcome}`} group={group} job={job} />
          ))}
          <FailureTable failures={view.failures} totalCount={view.totalCount} />
        </SpaceBetween>
      )}
    </SpaceBetween>
  );
}
