import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import type { ConnectionForm } from '../../forms/connection-form.ts';
import type { ConnectionEditing } from './use-connection-form.ts';

type Props = ConnectionEditing &
  Readonly<{
    name: Exclude<keyof ConnectionForm, 'kind' | 'addressing' | 'wayIn'>;
    label: string;
    about?: string;
    placeholder?: string;
    isSecret?: boolean;
    isFixed?: boolean;
  }>;

export function TextField({ form, errors, change, name, label, about, placeholder, isSecret, isFixed }: Props) {
  return (
    <FormField label={label} description={about} errorText={errors[name] ?? ''}>
      <Input
        value={form[name]}
        type={isSecret ? 'password' : 'text'}
        autoComplete={isSecret ? 'new-password' : false}
        spellcheck={false}
        disabled={isFixed ?? false}
        placeholder={placeholder ?? ''}
        onChange={({ detail }) => change({ [name]: detail.value })}
      />
    </FormField>
  );
}
