import ColumnLayout from '@cloudscape-design/components/column-layout';
import FormField from '@cloudscape-design/components/form-field';
import Select, { type SelectProps } from '@cloudscape-design/components/select';
import type { ConnectionForm } from '../../forms/connection-form.ts';
import { CONNECTION_KINDS } from './connection-words.ts';
import { TextField } from './text-field.tsx';
import type { ConnectionEditing } from './use-connection-form.ts';

const optionsOf = (words: Readonly<Record<string, string>>): SelectProps.Option[] =>
  Object.entries(words).map(([value, label]) => ({ value, label }));
const KINDS = optionsOf(CONNECTION_KINDS);
const ADDRESSING = optionsOf({
  '': 'As the server usually wants it',
  path: 'Path style (https://host/bucket)',
  'virtual-hosted': 'Virtual-hosted style (https://bucket.host)',
});
const chosen = (options: readonly SelectProps.Option[], value: string) =>
  options.find((option) => option.value === value) ?? null;

export function ConnectionFields({ isNew, ...editing }: ConnectionEditing & Readonly<{ isNew: boolean }>) {
  const { form, errors, change } = editing;
  const isElsewhere = form.kind !== 'aws';
  return (
    <ColumnLayout columns={2}>
      <TextField
        {...editing}
        name="name"
        label="Name"
        about={isNew ? 'What jobs call it. It cannot be changed later.' : 'A name cannot be changed.'}
        placeholder="production"
        isFixed={!isNew}
      />
      <FormField label="Kind" description="Who serves the buckets." errorText={errors.kind ?? ''}>
        <Select
          options={KINDS}
          selectedOption={chosen(KINDS, form.kind)}
          onChange={({ detail }) => change({ kind: detail.selectedOption.value as ConnectionForm['kind'] })}
        />
      </FormField>
      <TextField {...editing} name="region" label="Region" placeholder="eu-west-1" />
      {isElsewhere && <TextField {...editing} name="endpoint" label="Endpoint" placeholder="https://s3.example.org" />}
      {isElsewhere && (
        <FormField label="Addressing" errorText={errors.addressing ?? ''}>
          <Select
            options={ADDRESSING}
            selectedOption={chosen(ADDRESSING, form.addressing)}
            onChange={({ detail }) =>
              change({ addressing: detail.selectedOption.value as ConnectionForm['addressing'] })
            }
          />
        </FormField>
      )}
    </ColumnLayout>
  );
}
