import Alert from '@cloudscape-design/components/alert';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { JobForm } from '../../forms/job-form.ts';
import { formatBytes, formatCount, soFar } from '../../words/numbers.ts';
import { Checks } from './checks.tsx';
import { MigrationChoices } from './migration-choices.tsx';
import { MigrationPlan } from './migration-plan.tsx';
import { Options } from './options.tsx';
import type { WizardView } from './use-wizard.ts';

export function ReviewStep(wizard: WizardView) {
  const { state, preflight, insistedCount } = wizard;
  const found = preflight.data?.found;
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">The job</Header>}>
        <KeyValuePairs
          columns={4}
          items={[
            { label: 'Source', value: place(state.form, 'source') },
            { label: 'Destination', value: place(state.form, 'destination') },
            {
              label: 'Objects',
              value: found ? soFar(formatCount(found.objectCount), found.isComplete) : '–',
            },
            { label: 'Size', value: found ? soFar(formatBytes(found.sizeBytes), found.isComplete) : '–' },
            // The place for requests, estimated time and cost with their basis.
          ]}
        />
      </Container>
      <Checks preflight={preflight} insistedCount={insistedCount} />
      {state.form.kind === 'migrate' ? (
        <SpaceBetween size="l">
          <MigrationChoices {...wizard} />
          <MigrationPlan form={state.form} />
        </SpaceBetween>
      ) : (
        <Alert type="info" header="What does not go over">
          The dates of last change and the version ids: S3 gives new ones to every copy. Older versions and delete
          markers stay in the source.
        </Alert>
      )}
      <Options {...wizard} />
    </SpaceBetween>
  );
}

function place(form: JobForm, side: 'source' | 'destination') {
  const keepsName = form.kind === 'migrate';
  const [connection, bucket, prefix] =
    side === 'source'
      ? [form.sourceConnection, form.sourceBucket, keepsName ? '' : form.sourcePrefix]
      : keepsName
        ? [form.destinationConnection, form.sourceBucket, '']
        : [form.destinationConnection, form.destinationBucket, form.destinationPrefix];
  return <span className="wrap-anywhere">{`${connection}: ${bucket}${prefix ? `/${prefix}` : ''}`}</span>;
}
