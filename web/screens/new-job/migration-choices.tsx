import Alert from '@cloudscape-design/components/alert';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { MIGRATION_FIELDS } from '../../forms/option-fields.ts';
import { carriesSettings } from '../../forms/migration-plan.ts';
import { ChoiceField, type Choice } from './choice-fields.tsx';
import { NumberField } from './number-field.tsx';
import type { WizardView } from './use-wizard.ts';

const VERSIONS: Choice = {
  name: 'versions',
  label: 'Versions',
  items: [
    {
      value: 'all',
      label: 'Every version and delete marker',
      description: 'In their order. A bucket without versioning has one of each object.',
    },
    {
      value: 'current-only',
      label: 'Current objects only',
      description: 'Older versions and delete markers are destroyed with the source and kept nowhere.',
    },
  ],
};

const CONFIGURATION: Choice = {
  name: 'configuration',
  label: 'Settings of the bucket',
  items: [
    {
      value: 'carry',
      label: 'Carry what can be carried',
      description: 'Policy, CORS, lifecycle, encryption, tags and more; each is shown with what becomes of it.',
    },
    { value: 'leave', label: 'Leave them behind', description: 'The new bucket is as AWS makes it: private.' },
  ],
};

const PUBLIC_ACCESS: Choice = {
  name: 'publicAccess',
  label: 'Public access',
  items: [
    {
      value: 'stays-blocked',
      label: 'Stays blocked',
      description: 'The new bucket is closed to the public, whatever the old one was.',
    },
    {
      value: 'as-it-was',
      label: 'As it was',
      description: 'You agree that what was public in the old bucket is public in the new one again.',
    },
  ],
};

/** What goes over and what stays: not folded away, because some of it cannot be made good later. */
export function MigrationChoices(wizard: WizardView) {
  const { form } = wizard.state;
  const choiceOf = (choice: Choice) => <ChoiceField choice={choice} wizard={wizard} />;
  return (
    <Container header={<Header variant="h2">What goes over</Header>}>
      <SpaceBetween size="l">
        <div className="beside">
          {choiceOf(VERSIONS)}
          {choiceOf(CONFIGURATION)}
          {carriesSettings(form) && choiceOf(PUBLIC_ACCESS)}
          {MIGRATION_FIELDS.map((field) => (
            <NumberField key={field.name} field={field} wizard={wizard} />
          ))}
        </div>
        {form.versions === 'current-only' && (
          <Alert type="warning" header="Older versions will be lost">
            With the source every version that is not current is destroyed for good. Before that happens you are told
            how many there are, and have to type the number.
          </Alert>
        )}
      </SpaceBetween>
    </Container>
  );
}
