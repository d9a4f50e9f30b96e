import Autosuggest from '@cloudscape-design/components/autosuggest';
import FormField from '@cloudscape-design/components/form-field';
import { explain } from '../../api/problem.ts';
import { useBuckets } from '../../hooks/use-connections.ts';

type Props = Readonly<{
  label: string;
  about: string;
  connection: string;
  value: string;
  error: string | undefined;
  onChange: (name: string) => void;
}>;

/** A searchable list; whatever is typed stands, because listing may not be allowed. */
export function BucketField({ label, about, connection, value, error, onChange }: Props) {
  const buckets = useBuckets(connection);
  const isLoading = connection !== '' && buckets.isPending;
  const options = (buckets.data?.buckets ?? []).map(({ name, region }) => ({
    value: name,
    ...(region === undefined ? {} : { tags: [region] }),
  }));
  return (
    <FormField label={label} description={about} errorText={error ?? ''}>
      <Autosuggest
        value={value}
        options={options}
        placeholder="my-bucket"
        enteredTextLabel={(text) => `Use "${text}"`}
        statusType={buckets.error ? 'error' : isLoading ? 'loading' : 'finished'}
        loadingText="Loading buckets"
        errorText={buckets.error ? `${explain(buckets.error).title}. Type the name instead.` : ''}
        empty={connection === '' ? 'Choose a connection first' : 'No buckets found. Type a name.'}
        onChange={({ detail }) => onChange(detail.value)}
      />
    </FormField>
  );
}
