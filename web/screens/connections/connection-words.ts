import type { Connection, ConnectionView } from '../../../domain/connection.ts';

export const CONNECTION_KINDS: Readonly<Record<Connection['kind'], string>> = {
  aws: 'AWS',
  's3-compatible': 'S3-compatible',
  sandbox: 'Sandbox',
};

/** "keys ending in 4F2A, then role arn:…": never more of a secret than its end. */
export function wayInText(connection: ConnectionView): string {
  const first = connection.hasSecret
    ? `keys${connection.accessKeyIdEnding ? ` ending in ${connection.accessKeyIdEnding}` : ''}`
    : connection.profile !== undefined
      ? `profile ${connection.profile}`
      : connection.secretArn !== undefined
        ? `secret ${connection.secretArn}`
        : '';
  const role = connection.roleArn === undefined ? '' : `role ${connection.roleArn}`;
  return [first, role].filter(Boolean).join(', then ') || 'None';
}
