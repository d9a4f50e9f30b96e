import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { BucketFacts } from './bucket-facts.tsx';
import { BucketField } from './bucket-field.tsx';
import { ConnectionField } from './connection-field.tsx';
import type { WizardView } from './use-wizard.ts';

export function SourceStep({ state: { form }, errors, change }: WizardView) {
  // A migration moves the whole bucket.
  const isCopy = form.kind === 'copy';
  return (
    <Container>
      <div className="beside">
        <SpaceBetween size="l">
          <ConnectionField
            label="Source connection"
            value={form.sourceConnection}
            error={errors.sourceConnection}
            onChange={(sourceConnection) => change({ sourceConnection })}
          />
          <BucketField
            label="Source bucket"
            about="Choose from the list, or type a name when the list is not allowed."
            connection={form.sourceConnection}
            value={form.sourceBucket}
            error={errors.sourceBucket}
            onChange={(sourceBucket) => change({ sourceBucket })}
          />
          {isCopy && (
            <FormField
              label={
                <>
                  Prefix <i>- optional</i>
                </>
              }
              description="Only objects whose key begins so. Keep it empty for the whole bucket."
              errorText={errors.sourcePrefix ?? ''}
            >
              <Input
                value={form.sourcePrefix}
                placeholder="photos/2026/"
                spellcheck={false}
                onChange={({ detail }) => change({ sourcePrefix: detail.value })}
              />
            </FormField>
          )}
        </SpaceBetween>
        <BucketFacts
          title="Found in the source"
          connection={form.sourceConnection}
          bucket={form.sourceBucket}
          prefix={isCopy ? form.sourcePrefix : ''}
          kind={form.kind}
        />
      </div>
    </Container>
  );
}
