import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ConnectionView } from '../../../domain/connection.ts';
import { useFirstWrongField } from '../../hooks/use-first-wrong-field.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { ConnectionFields } from './connection-fields.tsx';
import { useConnectionForm } from './use-connection-form.ts';
import { WayInFields } from './way-in-fields.tsx';

type Props = Readonly<{ stored: ConnectionView | undefined; takenNames: readonly string[]; onClose: () => void }>;

export function ConnectionDialog({ stored, takenNames, onClose }: Props) {
  const editing = useConnectionForm(stored, takenNames, onClose);
  const area = useFirstWrongField(editing.triedCount);
  return (
    <Modal
      visible
      size="large"
      header={stored ? `Edit ${stored.name}` : 'Add a connection'}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" loading={editing.isSaving} loadingText="Saving" onClick={editing.save}>
              {stored ? 'Save the connection' : 'Add the connection'}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <div ref={area}>
        <SpaceBetween size="m">
          {editing.error && <ProblemAlert error={editing.error} takesFocus />}
          <ConnectionFields {...editing} isNew={stored === undefined} />
          <WayInFields {...editing} stored={stored} />
        </SpaceBetween>
      </div>
    </Modal>
  );
}
