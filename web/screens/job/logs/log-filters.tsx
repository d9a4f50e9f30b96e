import Input from '@cloudscape-design/components/input';
import Select, { type SelectProps } from '@cloudscape-design/components/select';
import type { LogFilter } from '../../../words/log-lines.ts';

type Props = Readonly<{ filter: LogFilter; tasks: readonly string[]; onChange: (filter: LogFilter) => void }>;

const LEVELS: readonly SelectProps.Option[] = [
  { value: 'all', label: 'Any level' },
  { value: 'info', label: 'Info' },
  { value: 'warning', label: 'Warning' },
  { value: 'error', label: 'Error' },
];
const chosen = (options: readonly SelectProps.Option[], value: string) =>
  options.find((option) => option.value === value) ?? null;

export function LogFilters({ filter, tasks, onChange }: Props) {
  const taskOptions = [{ value: '', label: 'Any task' }, ...tasks.map((task) => ({ value: task, label: task }))];
  return (
    <div className="filter-row">
      <Input
        type="search"
        ariaLabel="Find in the logs"
        placeholder="Find in the logs"
        value={filter.text}
        onChange={({ detail }) => onChange({ ...filter, text: detail.value })}
      />
      <Select
        ariaLabel="Level"
        options={LEVELS}
        selectedOption={chosen(LEVELS, filter.level)}
        onChange={({ detail }) => onChange({ ...filter, level: detail.selectedOption.value as LogFilter['level'] })}
      />
      <Select
        ariaLabel="Task"
        options={taskOptions}
        selectedOption={chosen(taskOptions, filter.task)}
        filteringType={taskOptions.length > 10 ? 'auto' : 'none'}
        onChange={({ detail }) => onChange({ ...filter, task: detail.selectedOption.value ?? '' })}
      />
    </div>
  );
}
