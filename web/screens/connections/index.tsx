import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import type { ConnectionView } from '../../../domain/connection.ts';
import { useConnections } from '../../hooks/use-connections.ts';
import { AsOf } from '../../parts/as-of.tsx';
import { PageHeading } from '../../parts/page-heading.tsx';
import { ConnectionDialog } from './connection-dialog.tsx';
import { ConnectionTable } from './connection-table.tsx';
import { TestDialog } from './test-dialog.tsx';

type Opened = { dialog: 'none' } | { dialog: 'add' } | { dialog: 'edit' | 'test'; connection: ConnectionView };

export default function Connections() {
  const query = useConnections();
  const [opened, setOpened] = useState<Opened>({ dialog: 'none' });
  const close = () => setOpened({ dialog: 'none' });
  const connections = query.data?.connections;
  const add = () => setOpened({ dialog: 'add' });
  return (
    <SpaceBetween size="m">
      <PageHeading
        title="Connections"
        description="Where buckets live and how to get in. Jobs name connections; they never hold keys or roles."
        actions={
          <Button variant="primary" onClick={add}>
            Add a connection
          </Button>
        }
      />
      <AsOf query={query} />
      <ConnectionTable
        connections={connections}
        isLoading={query.isPending}
        onAdd={add}
        onAction={(dialog, connection) => setOpened({ dialog, connection })}
      />
      {/* The place for the trust and permission policies of each connection, filled in and ready to paste. */}
      {opened.dialog === 'test' && <TestDialog name={opened.connection.name} onClose={close} />}
      {(opened.dialog === 'add' || opened.dialog === 'edit') && (
        <ConnectionDialog
          stored={opened.dialog === 'edit' ? opened.connection : undefined}
          takenNames={connections?.map(({ name }) => name) ?? []}
          onClose={close}
        />
      )}
    </SpaceBetween>
  );
}
