import Box from '@cloudscape-design/components/box';
import Link from '@cloudscape-design/components/link';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { TableProps } from '@cloudscape-design/components/table';
import type { FlowState } from '../../../../domain/ports.ts';
import type { FlowNode } from '../../../words/flow-tree.ts';
import { formatCount } from '../../../words/numbers.ts';
import { formatClock, formatDuration } from '../../../words/times.ts';
import { STATE_SIGNS, itemsText } from './state-words.ts';

type Column = TableProps.ColumnDefinition<FlowNode> & { id: string };

export const stateColumns = (onOpen: (path: string) => void, isNarrow: boolean): Column[] =>
  isNarrow ? [nameColumn(onOpen, true)] : [nameColumn(onOpen, false), ...FACTS];

/** On a small screen the status stands below the name. */
const nameColumn = (onOpen: (path: string) => void, withStatus: boolean): Column => ({
  id: 'name',
  header: 'State',
  isRowHeader: true,
  minWidth: withStatus ? 150 : 200,
  cell: ({ state, hiddenCount }) => (
    <div className="wrap-anywhere">
      <Link variant="secondary" ariaLabel={`Details of ${state.name}`} onFollow={() => onOpen(state.path)}>
        {state.name}
      </Link>
      {withStatus && <StateStatus state={state} />}
      {hiddenCount > 0 && (
        <Box fontSize="body-s" color="text-body-secondary">
          {formatCount(hiddenCount)} more items are not shown
        </Box>
      )}
    </div>
  ),
});

const FACTS: readonly Column[] = [
  {
    id: 'status',
    header: 'Status',
    minWidth: 130,
    cell: ({ state }) => <StateStatus state={state} />,
  },
  { id: 'items', header: 'Items', minWidth: 140, cell: ({ state }) => itemsText(state) },
  { id: 'attempts', header: 'Attempts', minWidth: 80, cell: ({ state }) => formatCount(state.attempts) },
  { id: 'started', header: 'Entered', minWidth: 100, cell: ({ state }) => formatClock(state.enteredAtMs) },
  {
    id: 'duration',
    header: 'Took',
    minWidth: 90,
    cell: ({ state }) => (state.exitedAtMs === undefined ? '–' : formatDuration(state.exitedAtMs - state.enteredAtMs)),
  },
];

function StateStatus({ state }: Readonly<{ state: FlowState }>) {
  const { type, word } = STATE_SIGNS[state.status];
  return (
    <div className="wrap-anywhere">
      <StatusIndicator type={type}>
        <span className="nowrap">{word}</span>
      </StatusIndicator>
      {state.error && <Box fontSize="body-s">{state.error}</Box>}
    </div>
  );
}
