import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import type { ConnectionView } from '../../../domain/connection.ts';
import { useNarrow } from '../../hooks/use-narrow.ts';
import { connectionColumns, type ConnectionAction } from './columns.tsx';

type Props = Readonly<{
  connections: readonly ConnectionView[] | undefined;
  isLoading: boolean;
  onAdd: () => void;
  onAction: (action: ConnectionAction, connection: ConnectionView) => void;
}>;

export function ConnectionTable({ connections, isLoading, onAdd, onAction }: Props) {
  const isNarrow = useNarrow();
  const columns = connectionColumns(onAction, isNarrow);
  return (
    <Table
      items={connections ?? []}
      trackBy="name"
      wrapLines
      loading={isLoading}
      loadingText="Loading connections"
      ariaLabels={{ tableLabel: 'Connections' }}
      columnDefinitions={columns}
      empty={
        <Box textAlign="center" padding="m">
          <SpaceBetween size="s">
            <Box>A connection is needed before anything can be copied.</Box>
            <Button onClick={onAdd}>Add a connection</Button>
          </SpaceBetween>
        </Box>
      }
    />
  );
}
