import ColumnLayout from '@cloudscape-design/components/column-layout';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { TUNING_FIELDS } from '../../forms/option-fields.ts';
import { ChoiceFields } from './choice-fields.tsx';
import { NumberField } from './number-field.tsx';
import type { WizardView } from './use-wizard.ts';

/** Defaults are right for nearly everyone, so they stay folded; an error unfolds nothing silently: the header says it. */
export function Options(wizard: WizardView) {
  const { errors } = wizard;
  const [isOpen, setOpen] = useState(false);
  const wrong = TUNING_FIELDS.some(({ name }) => errors[name] !== undefined);
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
          {TUNING_FIELDS.map((field) => (
            <NumberField key={field.name} field={field} wizard={wizard} />
          ))}
        </ColumnLayout>
      </SpaceBetween>
    </ExpandableSection>
  );
}
