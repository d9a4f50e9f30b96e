import FormField from '@cloudscape-design/components/form-field';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { JobForm } from '../../forms/job-form.ts';
import type { WizardView } from './use-wizard.ts';

type ChoiceName =
  'whenDestinationHasObjects' | 'evidence' | 'compareAttributes' | 'versions' | 'configuration' | 'publicAccess';
/** One question with its answers. `onlyFor`: asked of no other kind of job. */
export type Choice = { [Name in ChoiceName]: { name: Name; label: string; onlyFor?: JobForm['kind']; items: { value: Exclude<JobForm[Name], ''>; label: string; description: string }[] } }[ChoiceName]; // prettier-ignore

const CHOICES: readonly Choice[] = [
  {
    name: 'whenDestinationHasObjects',
    label: 'When the destination has objects',
    onlyFor: 'copy',
    items: [
      { value: 'refuse', label: 'Do not start', description: 'Nothing is mixed by accident.' },
      {
        value: 'merge',
        label: 'Add what is absent',
        description: 'Existing objects are never overwritten; different ones are reported.',
      },
    ],
  },
  {
    name: 'evidence',
    label: 'Proof that a copy is equal',
    items: [
      { value: 'standard', label: 'Standard', description: 'Bytes read, full checksums, or MD5 and size.' },
      { value: 'strict', label: 'Strict', description: 'Bytes read or full checksums only. Slower.' },
    ],
  },
  {
    name: 'compareAttributes',
    label: 'Compare headers and tags',
    items: [
      {
        value: 'rebuilt',
        label: 'Of large objects',
        description: 'Those that are copied in parts; S3 itself carries the others over.',
      },
      { value: 'every', label: 'Of every object', description: 'Two more requests for each object.' },
    ],
  },
];

export function ChoiceFields(wizard: WizardView) {
  const { kind } = wizard.state.form;
  const asked = CHOICES.filter(({ onlyFor }) => onlyFor === undefined || onlyFor === kind);
  return (
    <SpaceBetween size="m">
      {asked.map((choice) => (
        <ChoiceField key={choice.name} choice={choice} wizard={wizard} />
      ))}
    </SpaceBetween>
  );
}

type Props = Readonly<{ choice: Choice; wizard: WizardView }>;

/** What is not chosen is shown as the first answer, which is the default. */
export function ChoiceField({ choice: { name, label, items }, wizard: { state, errors, change } }: Props) {
  return (
    <FormField label={label} errorText={errors[name] ?? ''}>
      <RadioGroup
        ariaLabel={label}
        items={items}
        value={state.form[name] || (items[0]?.value ?? null)}
        onChange={({ detail }) => change({ [name]: detail.value })}
      />
    </FormField>
  );
}
