import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { JobView } from '../../domain/views.ts';
import { useNow } from '../hooks/use-now.ts';
import { nameAnswerText, nameChoiceTexts } from '../words/decision.ts';
import { formatTimes } from '../words/numbers.ts';
import { formatDuration, formatWhen } from '../words/times.ts';

/** How long the name is waited for, what AWS answers, and how long it may take. */
export function NameWaitFacts({ job }: Readonly<{ job: JobView }>) {
  const nowMs = useNow();
  const wait = job.migration?.nameWait;
  if (!wait) return null;
  const { decision } = wait;
  return (
    <SpaceBetween size="m">
      <div className="wrap-anywhere">
        {nameAnswerText(job)} A release takes mostly minutes to hours, at the longest about 72 hours.
      </div>
      <KeyValuePairs
        columns={4}
        minColumnWidth={130}
        items={[
          { label: 'Waiting for', value: formatDuration(nowMs - wait.sinceMs) },
          { label: 'Asked', value: formatTimes(wait.tryCount) },
          { label: 'Last asked', value: formatWhen(wait.lastTryAtMs) },
          ...(wait.takenSinceMs === undefined
            ? []
            : [{ label: 'Only "it exists" since', value: formatWhen(wait.takenSinceMs) }]),
          ...(decision
            ? [
                {
                  label: 'Last decision',
                  value: (
                    <span className="wrap-anywhere">
                      {nameChoiceTexts(job)[decision.choice].label}
                      {decision.bucket ? ` (${decision.bucket})` : ''}, by {decision.by}, {formatWhen(decision.atMs)}
                    </span>
                  ),
                },
              ]
            : []),
        ]}
      />
    </SpaceBetween>
  );
}
