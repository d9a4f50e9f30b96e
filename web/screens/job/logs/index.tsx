import Header from '@cloudscape-design/components/header';
import Container from '@cloudscape-design/components/container';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { useMemo, useState } from 'react';
import type { JobView } from '../../../../domain/views.ts';
import { useJobPart } from '../../../hooks/use-jobs.ts';
import { AsOf } from '../../../parts/as-of.tsx';
import { Waiting } from '../../../parts/waiting.tsx';
import { isActive } from '../../../words/job.ts';
import { filterLines, runningTasks, shownLines, type LogFilter } from '../../../words/log-lines.ts';
import { LogFilters } from './log-filters.tsx';
import { LogLines } from './log-lines.tsx';
import { TaskTable } from './task-table.tsx';

export function LogsTab({ job }: Readonly<{ job: JobView }>) {
  const [isFollowing, setFollowing] = useState(true);
  const [filter, setFilter] = useState<LogFilter>({ text: '', level: 'all', task: '' });
  const query = useJobPart('logs', job, isFollowing);
  const events = query.data?.events;
  const lines = useMemo(() => shownLines(events ?? []), [events]);
  const tasks = useMemo(() => [...new Set(lines.map(({ task }) => task))].sort(), [lines]);
  return (
    <SpaceBetween size="m">
      <AsOf query={query} />
      <TaskTable tasks={isActive(job) ? runningTasks(lines) : []} isRunning={isActive(job)} />
      <Container
        header={
          <Header
            variant="h2"
            actions={
              <Toggle checked={isFollowing} onChange={({ detail }) => setFollowing(detail.checked)}>
                Follow
              </Toggle>
            }
          >
            Logs
          </Header>
        }
      >
        <SpaceBetween size="s">
          <LogFilters filter={filter} tasks={tasks} onChange={setFilter} />
          {query.isPending ? (
            <Waiting what="the logs" />
          ) : (
            <LogLines lines={filterLines(lines, filter)} isFollowing={isFollowing} />
          )}
        </SpaceBetween>
      </Container>
    </SpaceBetween>
  );
}
