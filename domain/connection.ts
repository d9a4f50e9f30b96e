import * as z from 'zod';
import { RequestInvalidError, type FieldProblem } from './errors.ts';
import { checkConnectionName } from './job-request.ts';
import { checkRegion, parseRoleArn, partitionOf } from './names.ts';

export const connectionSchema = z.strictObject({
  name: z.string(),
  kind: z.enum(['aws', 's3-compatible', 'sandbox']),
  region: z.string(),
  endpoint: z.string().optional(),
  addressing: z.enum(['path', 'virtual-hosted']).optional(),
  profile: z.string().min(1).optional(),
  accessKeyId: z.string().min(1).optional(),
  secretAccessKey: z.string().min(1).optional(),
  secretArn: z.string().min(1).optional(),
  roleArn: z.string().optional(),
  externalId: z
    .string()
    .regex(/^[\w+=,.@:/-]{2,1224}$/, 'An external id has 2 to 1,224 of letters, digits and + = , . @ : / -.')
    .optional(),
  /** How this provider's bucket policies name us, where there is no role to tell it (for example arn:aws:iam:::user/name). */
  principalArn: z.string().startsWith('arn:').optional(),
});

/** Where buckets live and how to get in. Jobs name connections; they never hold endpoints, keys or roles. */
export type Connection = Readonly<z.output<typeof connectionSchema>>;

/** What may leave the machine room: never the secret, and only the end of the key's id. */
export type ConnectionView = Readonly<
  Omit<Connection, 'accessKeyId' | 'secretAccessKey'> & { accessKeyIdEnding?: string; hasSecret: boolean }
>;

/** One connection, or every problem with it at once. `fieldPrefix` stands before each field's name in the report. */
export function parseConnection(input: unknown, fieldPrefix = ''): Connection {
  const shape = connectionSchema.safeParse(input);
  const problems: FieldProblem[] = shape.success ? problemsOfConnection(shape.data) : problemsOfShape(shape.error);
  if (problems.length > 0 || !shape.success) {
    throw new RequestInvalidError(problems.map((problem) => ({ ...problem, field: fieldPrefix + problem.field })));
  }
  return shape.data;
}

function problemsOfShape(error: z.ZodError): FieldProblem[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: key, message: `A connection has no field "${key}". Remove it.` }))
      : [{ field: issue.path.map(String).join('.'), message: issue.message }],
  );
}

function problemsOfConnection(connection: Connection): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const report = (field: string, message: string) => void problems.push({ field, message });

  const name = checkConnectionName(connection.name);
  if (!name.ok) report('name', name.reason);
  const region = checkRegion(connection.region);
  if (!region.ok) report('region', region.reason);
  reportEndpoint(connection, report);
  reportWayIn(connection, report);
  if (connection.roleArn !== undefined) reportRole(connection, connection.roleArn, report);
  return problems;
}

type Report = (field: string, message: string) => void;

function reportEndpoint({ kind, endpoint }: Connection, report: Report): void {
  if (kind !== 'aws' && endpoint === undefined)
    report('endpoint', 'Give the address of the S3 server, like https://s3.example.org.');
  if (kind === 'aws' && endpoint !== undefined)
    report('endpoint', 'Connections to AWS take no endpoint: the Region tells it.');
  if (endpoint === undefined) return;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    return report('endpoint', `"${endpoint}" is not an http or https address.`);
  if (url.username || url.password) report('endpoint', 'An endpoint holds no user name or password.');
  if (url.search || url.hash) report('endpoint', 'An endpoint ends before "?" and "#".');
  if (/^(169\.254\.|\[?::ffff:a9fe:|\[?fd00:ec2::|\[?fe80:)/.test(url.hostname))
    report('endpoint', 'This address serves machine credentials, not S3.');
}

function reportWayIn(connection: Connection, report: Report): void {
  const hasKeys = connection.accessKeyId !== undefined || connection.secretAccessKey !== undefined;
  const ways = [connection.profile !== undefined, hasKeys, connection.secretArn !== undefined].filter(Boolean).length;
  if (ways > 1) report('profile', 'Give one way in: a profile, or keys, or a secret.');
  if (ways === 0 && connection.roleArn === undefined)
    report('profile', 'Give a way in: a profile, keys, a secret, or a role to assume.');
  if (hasKeys && connection.accessKeyId === undefined)
    report('accessKeyId', 'The secret access key needs its access key id.');
  if (hasKeys && connection.secretAccessKey === undefined)
    report('secretAccessKey', 'The access key id needs its secret access key.');
  if (connection.externalId !== undefined && connection.roleArn === undefined) {
    report('externalId', 'An external id belongs to a role: give roleArn too.');
  }
}

function reportRole(connection: Connection, roleArn: string, report: Report): void {
  const parsed = parseRoleArn(roleArn);
  if (!parsed.ok) return report('roleArn', parsed.reason);
  const partition = partitionOf(connection.region);
  if (connection.kind !== 's3-compatible' && parsed.role.partition !== partition) {
    report(
      'roleArn',
      `The role is in partition ${parsed.role.partition}, the Region ${connection.region} in ${partition}. Both must be in one.`,
    );
  }
}

export function viewOfConnection(connection: Connection): ConnectionView {
  const { accessKeyId, secretAccessKey, ...open } = connection;
  return {
    ...open,
    ...(accessKeyId === undefined ? {} : { accessKeyIdEnding: accessKeyId.slice(-4) }),
    hasSecret: secretAccessKey !== undefined,
  };
}

/** Where the provider keeps one namespace of bucket names: the AWS partition, or the endpoint. Leases are per namespace. */
export function namespaceOf(connection: Connection): string {
  if (connection.kind === 'aws') return partitionOf(connection.region);
  const url = new URL(connection.endpoint ?? 'http://nowhere');
  return connection.kind === 'sandbox' ? 'sandbox' : url.host.replace(/[^a-z0-9.-]/gi, '_');
}

/** Server-side copy needs one provider: one endpoint, or one AWS partition. */
export function canCopyServerSide(source: Connection, destination: Connection): boolean {
  return source.kind === destination.kind && namespaceOf(source) === namespaceOf(destination);
}
