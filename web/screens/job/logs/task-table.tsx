import Box from '@cloudscape-design/components/box';
import Header from '@cloudscape-design/components/header';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import type { TaskLogLine } from '../../../../domain/task-log.ts';
import type { ShownLine } from '../../../words/log-lines.ts';
import { formatBytes, formatCount } from '../../../words/numbers.ts';
import { formatClock } from '../../../words/times.ts';

type RunningTask = ShownLine & { line: TaskLogLine };

const COLUMNS: readonly TableProps.ColumnDefinition<RunningTask>[] = [
  { id: 'task', header: 'Task', isRowHeader: true, cell: ({ task }) => task },
  { id: 'attempt', header: 'Attempt', cell: ({ line }) => formatCount(line.attempt) },
  { id: 'objects', header: 'Objects', cell: ({ line }) => formatCount(line.copiedCount) },
  { id: 'bytes', header: 'Size', cell: ({ line }) => formatBytes(line.copiedBytes) },
  { id: 'flight', header: 'In flight', cell: ({ line }) => formatCount(line.inFlight) },
  { id: 'time', header: 'As of', cell: ({ atMs }) => formatClock(atMs) },
];

type Props = Readonly<{ tasks: readonly RunningTask[]; isRunning: boolean }>;

export function TaskTable({ tasks, isRunning }: Props) {
  return (
    <Table
      items={tasks}
      trackBy="task"
      variant="container"
      columnDefinitions={COLUMNS}
      ariaLabels={{ tableLabel: 'Running tasks' }}
      header={
        <Header variant="h2" counter={`(${tasks.length})`}>
          Running tasks
        </Header>
      }
      empty={<Box textAlign="center">{isRunning ? 'No task runs at the moment.' : 'The job is not running.'}</Box>}
    />
  );
}
