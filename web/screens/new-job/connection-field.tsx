import FormField from '@cloudscape-design/components/form-field';
import Select from '@cloudscape-design/components/select';
import { explain } from '../../api/problem.ts';
import { useConnections } from '../../hooks/use-connections.ts';
import { RouterLink } from '../../parts/router-link.tsx';

type Props = Readonly<{
  label: string;
  value: string;
  error: string | undefined;
  onChange: (name: string, region: string) => void;
}>;

export function ConnectionField({ label, value, error, onChange }: Props) {
  const { data, isPending, error: problem } = useConnections();
  const connections = data?.connections ?? [];
  const options = connections.map(({ name, kind, region, endpoint }) => ({
    value: name,
    label: name,
    description: [kind, region, endpoint].filter(Boolean).join(', '),
  }));
  const regionOf = (name: string) => connections.find((connection) => connection.name === name)?.region ?? '';
  return (
    <FormField
      label={label}
      description="How the bucket is reached: the account and the way in."
      errorText={error ?? ''}
      secondaryControl={<RouterLink to="/connections">All connections</RouterLink>}
    >
      <Select
        options={options}
        selectedOption={options.find((option) => option.value === value) ?? (value ? { value, label: value } : null)}
        placeholder="Choose a connection"
        statusType={problem ? 'error' : isPending ? 'loading' : 'finished'}
        loadingText="Loading connections"
        errorText={problem ? explain(problem).title : ''}
        empty="There is no connection yet"
        filteringType={options.length > 8 ? 'auto' : 'none'}
        onChange={({ detail: { selectedOption } }) => {
          const name = selectedOption.value ?? '';
          onChange(name, regionOf(name));
        }}
      />
    </FormField>
  );
}
