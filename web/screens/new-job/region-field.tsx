import Autosuggest from '@cloudscape-design/components/autosuggest';
import FormField from '@cloudscape-design/components/form-field';
import { REGIONS } from './regions.ts';
import type { WizardView } from './use-wizard.ts';

type Props = Readonly<{ wizard: WizardView; ownRegion: string }>;

export function RegionField({ wizard: { state, errors, change }, ownRegion }: Props) {
  const { kind, destinationRegion } = state.form;
  return (
    <FormField
      label="Region"
      description={
        kind === 'copy'
          ? 'Where a new bucket is made. An existing bucket stays where it is.'
          : 'Where the bucket is made again. The temporary bucket is made there too.'
      }
      errorText={errors.destinationRegion ?? ''}
    >
      <Autosuggest
        value={destinationRegion}
        options={REGIONS.map((value) => ({ value }))}
        placeholder={ownRegion ? `${ownRegion} (the connection's)` : 'eu-west-1'}
        enteredTextLabel={(text) => `Use "${text}"`}
        empty="Type the name of the Region"
        onChange={({ detail }) => change({ destinationRegion: detail.value })}
      />
    </FormField>
  );
}
