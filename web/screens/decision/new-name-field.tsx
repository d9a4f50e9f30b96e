import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import type { NameDecisionForm } from '../../forms/name-decision-form.ts';

type Props = Readonly<{
  form: NameDecisionForm;
  problem: string | undefined;
  isInsisted: boolean;
  onChange: (changes: Partial<NameDecisionForm>) => void;
}>;

/** Only for the two choices that need a name. */
export function NewNameField({ form, problem, isInsisted, onChange }: Props) {
  if (form.choice !== 'other-name' && form.choice !== 'rebuild-source') return null;
  const field = form.choice === 'other-name' ? 'otherName' : 'sourceName';
  const error = problem !== undefined && (isInsisted || form[field] !== '') ? problem : '';
  return (
    <FormField
      label={field === 'otherName' ? 'The other name' : 'The name to make it under'}
      description={field === 'otherName' ? '' : 'Its old name, or another one.'}
      errorText={error}
    >
      <Input
        value={form[field]}
        spellcheck={false}
        autoComplete={false}
        onChange={({ detail }) => onChange({ [field]: detail.value })}
      />
    </FormField>
  );
}
