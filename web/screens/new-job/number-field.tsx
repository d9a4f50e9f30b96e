import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { defaultText, type OptionField } from '../../forms/option-fields.ts';
import type { WizardView } from './use-wizard.ts';

type Props = Readonly<{ field: OptionField; wizard: WizardView }>;

export function NumberField({ field, wizard: { state, errors, change } }: Props) {
  return (
    <FormField
      label={field.label}
      description={field.about}
      constraintText={`Default: ${defaultText(field)}`}
      errorText={errors[field.name] ?? ''}
    >
      <Input
        inputMode="decimal"
        value={state.form[field.name]}
        placeholder={defaultText(field)}
        onChange={({ detail }) => change({ [field.name]: detail.value })}
      />
    </FormField>
  );
}
