import Box from '@cloudscape-design/components/box';
import ProgressBar from '@cloudscape-design/components/progress-bar';
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import type { PhaseBar, PhaseState } from '../../../words/phases.ts';
import { formatDuration } from '../../../words/times.ts';

const SIGN: Readonly<Record<PhaseState, { type: StatusIndicatorProps.Type; word: string }>> = {
  done: { type: 'success', word: 'Done' },
  now: { type: 'in-progress', word: 'Now' },
  'ended-here': { type: 'stopped', word: 'Ended here' },
  'to-come': { type: 'pending', word: 'To come' },
};

export function PhaseCell({ bar }: Readonly<{ bar: PhaseBar }>) {
  const { type, word } = SIGN[bar.state];
  return (
    <div>
      <ProgressBar variant="key-value" value={bar.percent} label={bar.title} ariaLabel={`Phase ${bar.title}`} />
      <StatusIndicator type={type}>
        {word}
        {bar.durationMs === undefined ? '' : ` · ${formatDuration(bar.durationMs)}`}
      </StatusIndicator>
      <Box fontSize="body-s" color="text-body-secondary">
        {bar.state === 'to-come' ? '' : bar.detail}
      </Box>
    </div>
  );
}
