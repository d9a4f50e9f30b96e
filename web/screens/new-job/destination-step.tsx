import Autosuggest from '@cloudscape-design/components/autosuggest';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useConnections } from '../../hooks/use-connections.ts';
import { BucketFacts } from './bucket-facts.tsx';
import { BucketField } from './bucket-field.tsx';
import { ConnectionField } from './connection-field.tsx';
import { REGIONS } from './regions.ts';
import type { WizardView } from './use-wizard.ts';

export function DestinationStep({ state: { form }, errors, change }: WizardView) {
  const connections = useConnections().data?.connections ?? [];
  const ownRegion = connections.find(({ name }) => name === form.destinationConnection)?.region ?? '';
  const region = form.destinationRegion || ownRegion;
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
          <BucketField
            label="Destination bucket"
            about="A new name is created by the job; an existing bucket should be empty."
            connection={form.destinationConnection}
            value={form.destinationBucket}
            error={errors.destinationBucket}
            onChange={(destinationBucket) => change({ destinationBucket })}
          />
          <FormField
            label="Region"
            description="Where a new bucket is made. An existing bucket stays where it is."
            errorText={errors.destinationRegion ?? ''}
          >
            <Autosuggest
              value={form.destinationRegion}
              options={REGIONS.map((value) => ({ value }))}
              placeholder={ownRegion ? `${ownRegion} (the connection's)` : 'eu-west-1'}
              enteredTextLabel={(text) => `Use "${text}"`}
              empty="Type the name of the Region"
              onChange={({ detail }) => change({ destinationRegion: detail.value })}
            />
          </FormField>
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
        </SpaceBetween>
        <BucketFacts
          title="Found at the destination"
          connection={form.destinationConnection}
          bucket={form.destinationBucket}
          prefix={form.destinationPrefix}
          whenMissing={`There is no bucket "${form.destinationBucket}" yet. The job creates it${region ? ` in ${region}` : ''}.`}
        />
      </div>
    </Container>
  );
}
