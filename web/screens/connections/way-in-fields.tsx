import ColumnLayout from '@cloudscape-design/components/column-layout';
import FormField from '@cloudscape-design/components/form-field';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ConnectionView } from '../../../domain/connection.ts';
import { keepsStoredKeys, type WayIn } from '../../forms/connection-form.ts';
import { useHealth } from '../../hooks/use-connections.ts';
import { TextField } from './text-field.tsx';
import type { ConnectionEditing } from './use-connection-form.ts';

const WAYS: readonly { value: WayIn; label: string; place?: 'embedded' | 'deployed' }[] = [
  { value: 'profile', label: 'A profile of this machine', place: 'embedded' },
  { value: 'keys', label: 'Access keys', place: 'embedded' },
  { value: 'secret', label: 'A secret in Secrets Manager', place: 'deployed' },
  { value: 'role-only', label: 'Only the role below' },
];

export function WayInFields({
  stored,
  ...editing
}: ConnectionEditing & Readonly<{ stored: ConnectionView | undefined }>) {
  const { form, change } = editing;
  const place = useHealth().data?.place ?? 'embedded';
  const ways = WAYS.filter((way) => way.place === undefined || way.place === place || way.value === form.wayIn);
  const aboutKeys = keepsStoredKeys(form, stored)
    ? 'Leave both empty to keep the stored ones.'
    : 'Stored on this machine only, and never shown again.';
  return (
    <SpaceBetween size="m">
      <FormField label="Way in">
        <RadioGroup
          items={ways.map(({ value, label }) => ({ value, label }))}
          value={form.wayIn}
          onChange={({ detail }) => change({ wayIn: detail.value as WayIn })}
        />
      </FormField>
      <ColumnLayout columns={2}>
        {form.wayIn === 'profile' && (
          <TextField {...editing} name="profile" label="Profile" about="As in ~/.aws/config." placeholder="default" />
        )}
        {form.wayIn === 'keys' && <TextField {...editing} name="accessKeyId" label="Access key id" about={aboutKeys} />}
        {form.wayIn === 'keys' && (
          <TextField {...editing} name="secretAccessKey" label="Secret access key" about={aboutKeys} isSecret />
        )}
        {form.wayIn === 'secret' && <TextField {...editing} name="secretArn" label="ARN of the secret" />}
        <TextField
          {...editing}
          name="roleArn"
          label="Role to assume"
          about={form.wayIn === 'role-only' ? '' : 'Optional.'}
          placeholder="arn:aws:iam::123456789012:role/bucket-migrator"
        />
        <TextField
          {...editing}
          name="externalId"
          label="External id"
          about="Optional; the role's trust policy names it."
        />
        <TextField
          {...editing}
          name="principalArn"
          label="Principal in bucket policies"
          about="Optional; for servers without roles."
          placeholder="arn:aws:iam:::user/name"
        />
      </ColumnLayout>
    </SpaceBetween>
  );
}
