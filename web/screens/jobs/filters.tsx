import Select, { type SelectProps } from '@cloudscape-design/components/select';
import TextFilter from '@cloudscape-design/components/text-filter';
import type { JobFilter } from '../../words/job-filter.ts';
import { KIND_WORDS, STATUS_WORDS } from '../../words/job.ts';

type Props = Readonly<{ filter: JobFilter; shownCount: number; onChange: (filter: JobFilter) => void }>;

const optionsOf = (all: string, words: Readonly<Record<string, string>>): SelectProps.Option[] => [
  { value: 'all', label: all },
  ...Object.entries(words).map(([value, label]) => ({ value, label })),
];
const KINDS = optionsOf('Any kind', KIND_WORDS);
const STATUSES = optionsOf('Any status', { ...STATUS_WORDS, decision: 'Needs a decision' });
const chosen = (options: readonly SelectProps.Option[], value: string) =>
  options.find((option) => option.value === value) ?? null;

export function JobFilters({ filter, shownCount, onChange }: Props) {
  return (
    <div className="filter-row">
      <TextFilter
        filteringText={filter.text}
        filteringPlaceholder="Find jobs"
        filteringAriaLabel="Find jobs by bucket, connection or id"
        countText={filter.text ? `${shownCount} ${shownCount === 1 ? 'match' : 'matches'}` : ''}
        onChange={({ detail }) => onChange({ ...filter, text: detail.filteringText })}
      />
      <Select
        ariaLabel="Kind"
        options={KINDS}
        selectedOption={chosen(KINDS, filter.kind)}
        onChange={({ detail }) => onChange({ ...filter, kind: detail.selectedOption.value as JobFilter['kind'] })}
      />
      <Select
        ariaLabel="Status"
        options={STATUSES}
        selectedOption={chosen(STATUSES, filter.status)}
        onChange={({ detail }) => onChange({ ...filter, status: detail.selectedOption.value as JobFilter['status'] })}
      />
    </div>
  );
}
