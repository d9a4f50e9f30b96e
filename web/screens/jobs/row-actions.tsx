import ButtonDropdown, { type ButtonDropdownProps } from '@cloudscape-design/components/button-dropdown';
import type { JobView } from '../../../domain/views.ts';
import { canRedrive, canStop, jobName } from '../../words/job.ts';
import { needsDecision } from '../../words/migration.ts';
import { stopWords } from '../../words/stopping.ts';

export type RowAction = 'decide' | 'open' | 'stop' | 'redrive' | 'again';
type Props = Readonly<{ job: JobView; onAction: (action: RowAction, job: JobView) => void }>;

const itemsFor = (job: JobView): ButtonDropdownProps.ItemOrGroup[] => [
  ...(needsDecision(job) ? [{ id: 'decide', text: 'Decide' }] : []),
  { id: 'open', text: 'Open' },
  { id: 'stop', text: stopWords(job).action, disabled: !canStop(job), disabledReason: stopWords(job).whyNot },
  {
    id: 'redrive',
    text: 'Redrive',
    disabled: !canRedrive(job),
    disabledReason: 'Only a failed or stopped job can go on where it ended.',
  },
  { id: 'again', text: 'Start again with the same settings' },
];

export function RowActions({ job, onAction }: Props) {
  return (
    <ButtonDropdown
      variant="inline-icon"
      expandToViewport
      ariaLabel={`Actions for ${jobName(job)}`}
      items={itemsFor(job)}
      onItemClick={({ detail }) => onAction(detail.id as RowAction, job)}
    />
  );
}
