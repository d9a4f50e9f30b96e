import { parseConnection, type Connection, type ConnectionView } from '../../domain/connection.ts';
import { RequestInvalidError, type FieldProblem } from '../../domain/errors.ts';
import type { FormErrors } from './job-form.ts';

export type WayIn = 'profile' | 'keys' | 'secret' | 'role-only';

/** A connection as it is typed. The secret is only ever written; an edited connection begins without it. */
export type ConnectionForm = Readonly<{
  name: string;
  kind: Connection['kind'];
  region: string;
  endpoint: string;
  addressing: '' | 'path' | 'virtual-hosted';
  wayIn: WayIn;
  profile: string;
  accessKeyId: string;
  secretAccessKey: string;
  secretArn: string;
  roleArn: string;
  externalId: string;
  principalArn: string;
}>;

export const EMPTY_CONNECTION: ConnectionForm = {
  name: '',
  kind: 'aws',
  region: '',
  endpoint: '',
  addressing: '',
  wayIn: 'profile',
  profile: '',
  accessKeyId: '',
  secretAccessKey: '',
  secretArn: '',
  roleArn: '',
  externalId: '',
  principalArn: '',
};

const wayInOf = (view: ConnectionView): WayIn => {
  if (view.hasSecret) return 'keys';
  if (view.profile !== undefined) return 'profile';
  return view.secretArn !== undefined ? 'secret' : 'role-only';
};

export const fromConnection = (view: ConnectionView): ConnectionForm => ({
  ...EMPTY_CONNECTION,
  name: view.name,
  kind: view.kind,
  region: view.region,
  endpoint: view.endpoint ?? '',
  addressing: view.addressing ?? '',
  wayIn: wayInOf(view),
  profile: view.profile ?? '',
  secretArn: view.secretArn ?? '',
  roleArn: view.roleArn ?? '',
  externalId: view.externalId ?? '',
  principalArn: view.principalArn ?? '',
});

/** Only what is filled in, and only the way in that was chosen. */
export function toConnection(form: ConnectionForm): Connection {
  const given: Partial<Record<keyof ConnectionForm, string>> = {
    region: form.region,
    endpoint: form.kind === 'aws' ? '' : form.endpoint,
    addressing: form.kind === 'aws' ? '' : form.addressing,
    profile: form.wayIn === 'profile' ? form.profile : '',
    accessKeyId: form.wayIn === 'keys' ? form.accessKeyId : '',
    secretAccessKey: form.wayIn === 'keys' ? form.secretAccessKey : '',
    secretArn: form.wayIn === 'secret' ? form.secretArn : '',
    roleArn: form.roleArn,
    externalId: form.externalId,
    principalArn: form.principalArn,
  };
  const filled = Object.entries(given).filter(([, text]) => text !== '');
  return { name: form.name, kind: form.kind, region: '', ...Object.fromEntries(filled) };
}

/** Keys left empty keep those that are stored, as long as they still go to the same place. */
export const keepsStoredKeys = (form: ConnectionForm, stored: ConnectionView | undefined): boolean =>
  stored !== undefined &&
  stored.hasSecret &&
  form.wayIn === 'keys' &&
  form.accessKeyId === '' &&
  form.secretAccessKey === '' &&
  form.kind === stored.kind &&
  (form.kind === 'aws' || form.endpoint === (stored.endpoint ?? ''));

/** The domain's rules; what is missing for the chosen way in is said at its own field. */
export function validateConnectionForm(
  form: ConnectionForm,
  takenNames: readonly string[],
  stored?: ConnectionView,
): FormErrors<ConnectionForm> {
  const keeps = keepsStoredKeys(form, stored);
  // What stands for the stored keys is never sent: it only keeps the rules from asking for a way in.
  const complete = keeps ? { ...form, accessKeyId: 'stored', secretAccessKey: 'stored' } : form;
  const errors = connectionProblemsByField(problemsOf(complete)).byField;
  // The rules report a missing way in at `profile`; here it is said at the fields of the way that was chosen.
  if (form.wayIn !== 'profile') delete errors.profile;
  if (form.region === '') errors.region = 'Give a Region, like eu-west-1.';
  if (form.name === '') errors.name = 'Give the connection a name, like production.';
  else if (takenNames.includes(form.name)) {
    errors.name = `There is a connection "${form.name}" already. Edit that one, or give another name.`;
  }
  return { ...errors, ...missingWayIn(complete) };
}

function missingWayIn(form: ConnectionForm): FormErrors<ConnectionForm> {
  const missing = (field: keyof ConnectionForm, message: string) => (form[field] === '' ? { [field]: message } : {});
  switch (form.wayIn) {
    case 'profile':
      return missing('profile', 'Give the name of a profile of this machine, like default.');
    case 'keys':
      return {
        ...missing('accessKeyId', 'Give the access key id.'),
        ...missing('secretAccessKey', 'Give the secret access key. It is stored and never shown again.'),
      };
    case 'secret':
      return missing('secretArn', 'Give the ARN of the secret.');
    case 'role-only':
      return missing('roleArn', 'Give the ARN of the role to assume.');
  }
}

function problemsOf(form: ConnectionForm): readonly FieldProblem[] {
  try {
    parseConnection(toConnection(form));
    return [];
  } catch (error) {
    if (error instanceof RequestInvalidError) return error.problems;
    throw error;
  }
}

export function connectionProblemsByField(problems: readonly FieldProblem[]): {
  byField: FormErrors<ConnectionForm>;
  others: string[];
} {
  const byField: FormErrors<ConnectionForm> = {};
  const others: string[] = [];
  for (const { field, message } of problems) {
    if (field in EMPTY_CONNECTION) byField[field as keyof ConnectionForm] ??= message;
    else others.push(field ? `${field}: ${message}` : message);
  }
  return { byField, others };
}
