import Box from '@cloudscape-design/components/box';
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import type { CheckStatus } from '../../domain/views.ts';

const INDICATOR: Readonly<Record<CheckStatus, { type: StatusIndicatorProps.Type; word: string }>> = {
  ok: { type: 'success', word: 'OK' },
  warning: { type: 'warning', word: 'Warning' },
  blocked: { type: 'error', word: 'Blocked' },
};

type Props = Readonly<{ title: string; status: CheckStatus; reason: string; remedy: string }>;

/** One check: its word and sign, what was found, and what to do. */
export function CheckLine({ title, status, reason, remedy }: Props) {
  const { type, word } = INDICATOR[status];
  return (
    <li>
      <StatusIndicator type={type}>{word}</StatusIndicator>
      <div className="wrap-anywhere">
        <Box fontWeight="bold">{title}</Box>
        {reason && <Box color="text-body-secondary">{reason}</Box>}
        {remedy && status !== 'ok' && <Box>{remedy}</Box>}
      </div>
    </li>
  );
}
