import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { FlowState } from '../../../../domain/ports.ts';
import { formatCount } from '../../../words/numbers.ts';
import { formatWhen } from '../../../words/times.ts';
import { itemsText, jsonText, STATE_SIGNS } from './state-words.ts';

type Props = Readonly<{ state: FlowState; onClose: () => void }>;

export function StateDetails({ state, onClose }: Props) {
  const { type, word } = STATE_SIGNS[state.status];
  return (
    <Modal visible size="large" header={state.name} onDismiss={onClose}>
      <SpaceBetween size="m">
        <KeyValuePairs
          columns={3}
          minColumnWidth={120}
          items={[
            { label: 'Status', value: <StatusIndicator type={type}>{word}</StatusIndicator> },
            { label: 'Type', value: state.type },
            { label: 'Attempts', value: formatCount(state.attempts) },
            { label: 'Entered', value: formatWhen(state.enteredAtMs) },
            { label: 'Left', value: state.exitedAtMs === undefined ? 'Not yet' : formatWhen(state.exitedAtMs) },
            { label: 'Items', value: itemsText(state) },
          ]}
        />
        {state.error !== undefined && (
          <Alert type="error" header={state.error}>
            <span className="wrap-anywhere">{state.cause ?? ''}</span>
          </Alert>
        )}
        <JsonText title="Input" value={state.input} />
        <JsonText title="Output" value={state.output} />
      </SpaceBetween>
    </Modal>
  );
}

function JsonText({ title, value }: Readonly<{ title: string; value: unknown }>) {
  return (
    <div>
      <Box variant="h3">{title}</Box>
      {/* Scrollable by keyboard, so it takes the focus and has a name. */}
      <pre className="json-text" tabIndex={0} role="region" aria-label={title}>
        {jsonText(value)}
      </pre>
    </div>
  );
}
