import type { TableProps } from '@cloudscape-design/components/table';
import type { FailureLine } from '../../../../domain/job-documents.ts';
import { KeyText } from '../../../parts/key-text.tsx';
import { When } from '../../../parts/two-lines.tsx';
import { formatBytes } from '../../../words/numbers.ts';

type Column = TableProps.ColumnDefinition<FailureLine> & { id: string };

export const FAILURE_COLUMNS: readonly Column[] = [
  {
    id: 'key',
    header: 'Key',
    isRowHeader: true,
    minWidth: 220,
    sortingField: 'key',
    cell: ({ key }) => <KeyText percentForm={key} />,
  },
  {
    id: 'outcome',
    header: 'Outcome',
    minWidth: 90,
    sortingField: 'outcome',
    cell: ({ outcome }) => (outcome === 'blocked' ? 'Blocked' : 'Failed'),
  },
  {
    id: 'cause',
    header: 'Cause',
    minWidth: 260,
    sortingField: 'error',
    cell: ({ error, message }) => (
      <span className="few-lines" title={`${error}: ${message}`}>
        {message}
      </span>
    ),
  },
  {
    id: 'size',
    header: 'Size',
    minWidth: 90,
    sortingField: 'sizeBytes',
    cell: ({ sizeBytes }) => <span className="nowrap">{formatBytes(sizeBytes)}</span>,
  },
  { id: 'request', header: 'Request id', minWidth: 120, cell: ({ requestId }) => requestId ?? '–' },
  { id: 'time', header: 'Time', minWidth: 110, sortingField: 'atMs', cell: ({ atMs }) => <When atMs={atMs} /> },
];

export const NARROW_FAILURE_COLUMNS: readonly Column[] = [
  {
    id: 'failure',
    header: 'Key and cause',
    isRowHeader: true,
    cell: ({ key, outcome, message }) => (
      <div className="wrap-anywhere">
        <KeyText percentForm={key} />
        <div>
          {outcome === 'blocked' ? 'Blocked' : 'Failed'}: {message}
        </div>
      </div>
    ),
  },
];
