import ColumnLayout from '@cloudscape-design/components/column-layout';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { defaultText, OPTION_FIELDS } from '../../forms/option-fields.ts';
import { ChoiceFields } from './choice-fields.tsx';
import type { WizardView } from './use-wizard.ts';

/** Defaults are right for nearly everyone, so they stay folded; an error unfolds nothing silently: the header says it. */
export function Options(wizard: WizardView) {
  const { state, errors, change } = wizard;
  const [isOpen, setOpen] = useState(false);
  const wrong = OPTION_FIELDS.some(({ name }) => errors[name] !== undefined);
  return (
    <ExpandableSection
      variant="container"
      headerText="Options"
      headerDescription={
        wrong ? 'One of the options needs another value.' : 'The defaults are right for nearly every job.'
      }
      expanded={isOpen || wrong}
      onChange={({ detail }) => setOpen(detail.expanded)}
    >
      <SpaceBetween size="l">
        <ChoiceFields {...wizard} />
        <ColumnLayout columns={2}>
          {OPTION_FIELDS.map((field) => (
            <FormField
              key={field.name}
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
          ))}
        </ColumnLayout>
      </SpaceBetween>
    </ExpandableSection>
  );
}
