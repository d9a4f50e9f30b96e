import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { TableProps } from '@cloudscape-design/components/table';
import type { ConnectionView } from '../../../domain/connection.ts';
import { CONNECTION_KINDS, wayInText } from './connection-words.ts';

export type ConnectionAction = 'test' | 'edit';
type Column = TableProps.ColumnDefinition<ConnectionView> & { id: string };

const wrapped = (text: string) => (
  <span className="wrap-anywhere" title={text}>
    {text}
  </span>
);

const FACTS: readonly Column[] = [
  { id: 'name', header: 'Name', isRowHeader: true, minWidth: 110, cell: ({ name }) => wrapped(name) },
  { id: 'kind', header: 'Kind', minWidth: 110, cell: ({ kind }) => CONNECTION_KINDS[kind] },
  { id: 'region', header: 'Region', minWidth: 130, cell: ({ region }) => region },
  { id: 'endpoint', header: 'Endpoint', minWidth: 170, cell: ({ endpoint }) => wrapped(endpoint ?? 'AWS') },
  { id: 'way', header: 'Way in', minWidth: 180, cell: (connection) => wrapped(wayInText(connection)) },
];

const NARROW_FACTS: readonly Column[] = [
  {
    id: 'name',
    header: 'Connection',
    isRowHeader: true,
    cell: (connection) => (
      <>
        {wrapped(`${connection.name}, ${CONNECTION_KINDS[connection.kind]}, ${connection.region}`)}
        <br />
        {wrapped(wayInText(connection))}
      </>
    ),
  },
];

export const connectionColumns = (
  onAction: (action: ConnectionAction, connection: ConnectionView) => void,
  isNarrow: boolean,
): Column[] => [
  ...(isNarrow ? NARROW_FACTS : FACTS),
  {
    id: 'actions',
    header: 'Actions',
    minWidth: 110,
    cell: (connection) => (
      <SpaceBetween direction="horizontal" size="xs">
        <Button
          variant="inline-link"
          ariaLabel={`Test ${connection.name}`}
          onClick={() => onAction('test', connection)}
        >
          Test
        </Button>
        <Button
          variant="inline-link"
          ariaLabel={`Edit ${connection.name}`}
          onClick={() => onAction('edit', connection)}
        >
          Edit
        </Button>
      </SpaceBetween>
    ),
  },
];
