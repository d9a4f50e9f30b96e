import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useConnections } from '../../hooks/use-connections.ts';
import { BucketFacts } from './bucket-facts.tsx';
import { BucketField } from './bucket-field.tsx';
import { ConnectionField } from './connection-field.tsx';
import { KeptName, HowTheNameMoves } from './kept-name.tsx';
import { RegionField } from './region-field.tsx';
import type { WizardView } from './use-wizard.ts';

export function DestinationStep(wizard: WizardView) {
  const { form } = wizard.state;
  const { errors, change } = wizard;
  const connections = useConnections().data?.connections ?? [];
  const ownRegion = connections.find(({ name }) => name === form.destinationConnection)?.region ?? '';
  const keepsName = form.kind === 'migrate';
  return (
    <Container>
      <div className="beside">
        <SpaceBetween size="l">
          <ConnectionField
            label="Destination connection"
            value={form.destinationConnection}
            error={errors.destinationConnection}
            onChange={(destinationConnection) => change({ destinationConnection, destinationRegion: '' })}
          />
          {keepsName ? <KeptName name={form.sourceBucket} /> : <BucketAndPrefix {...wizard} />}
          <RegionField wizard={wizard} ownRegion={ownRegion} />
        </SpaceBetween>
        {keepsName ? <HowTheNameMoves /> : <Found wizard={wizard} region={form.destinationRegion || ownRegion} />}
      </div>
    </Container>
  );
}

function BucketAndPrefix({ state: { form }, errors, change }: WizardView) {
  return (
    <>
      <BucketField
        label="Destination bucket"
        about="A new name is created by the job; an existing bucket should be empty."
        connection={form.destinationConnection}
        value={form.destinationBucket}
        error={errors.destinationBucket}
        onChange={(destinationBucket) => change({ destinationBucket })}
      />
      <FormField
        label={
          <>
            Prefix <i>- optional</i>
          </>
        }
        description="Put before every key. It takes the place of the source's prefix."
        errorText={errors.destinationPrefix ?? ''}
      >
        <Input
          value={form.destinationPrefix}
          spellcheck={false}
          onChange={({ detail }) => change({ destinationPrefix: detail.value })}
        />
      </FormField>
    </>
  );
}

function Found({ wizard, region }: Readonly<{ wizard: WizardView; region: string }>) {
  const { form } = wizard.state;
  return (
    <BucketFacts
      title="Found at the destination"
      kind={form.kind}
      connection={form.destinationConnection}
      bucket={form.destinationBucket}
      prefix={form.destinationPrefix}
      whenMissing={`There is no bucket "${form.destinationBucket}" yet. The job creates it${region ? ` in ${region}` : ''}.`}
    />
  );
}
