import { roleArn } from './accounts.ts';
import { BUCKET, type SourceObject } from './scenario.ts';
import type { Simulation } from './simulation.ts';

/** The person's bucket as it is before the product comes to it. */
export async function setUp({ cloud, scenario }: Simulation): Promise<void> {
  await cloud.ask('a', 'PUT', `/${BUCKET}`);
  if (scenario.isVersioned) {
    const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
    await cloud.ask('a', 'PUT', `/${BUCKET}?versioning`, { body });
  }
  if (scenario.hasPolicy) await cloud.ask('a', 'PUT', `/${BUCKET}?policy`, { body: policyWith('TheirOwn') });
  for (const object of scenario.objects) await writeHistory(cloud, object);
  for (const rule of scenario.faults) cloud.world.faults.add(rule);
}

async function writeHistory(cloud: Simulation['cloud'], { key, bodies, headers }: SourceObject): Promise<void> {
  for (const body of bodies) {
    if (body === null) await cloud.write('a', 'DELETE', BUCKET, key);
    else await cloud.write('a', 'PUT', BUCKET, key, body, headers);
  }
}

const statementWith = (sid: string): object => ({
  Sid: sid,
  Effect: 'Allow',
  Principal: { AWS: roleArn('b') },
  Action: 's3:GetObject',
  Resource: `arn:aws:s3:::${BUCKET}/public/*`,
});

const policyWith = (sid: string): string => JSON.stringify({ Version: '2012-10-17', Statement: [statementWith(sid)] });

/** The same policy with one statement more, as somebody else's tool would write it. */
export function policyPlus(text: string, sid: string): string {
  if (text === '') return policyWith(sid);
  const policy = JSON.parse(text) as { Statement: object[] };
  return JSON.stringify({ ...policy, Statement: [...policy.Statement, statementWith(sid)] });
}

/** Without our statements: what must be left of a policy when the job is over. */
export function theirStatements(text: string): string {
  if (text === '') return '[]';
  const { Statement } = JSON.parse(text) as { Statement: { Sid?: string }[] };
  return JSON.stringify(Statement.filter(({ Sid }) => Sid?.startsWith('Migrator') !== true));
}
