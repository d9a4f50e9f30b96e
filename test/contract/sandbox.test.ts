import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { signedRequest } from '../support/raw-request.ts';
import { stsClientFor } from '../support/s3-account.ts';
import { aBucket } from './answers.ts';
import { sandboxDifferences } from './differences.ts';
import { describeS3Behaviour } from './s3-behaviour.ts';
import { sandboxWorld } from './sandbox-world.ts';

const SECOND_MS = 1000;

describeS3Behaviour('the sandbox', sandboxWorld, sandboxDifferences);

test('a session of the sandbox ends when it said that it would', async () => {
  const world = await sandboxWorld();
  try {
    const bucket = await aBucket(world, world.a);
    const { arn, externalId } = world.role;
    const { Credentials } = await stsClientFor(world.endpoint, world.b.credentials).send(
      new AssumeRoleCommand({
        RoleArn: arn,
        RoleSessionName: 'short',
        ExternalId: externalId,
        DurationSeconds: 900,
      }),
    );
    const session = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
    const list = () => {
      const signedAt = new Date(world.clock.nowMs());
      return signedRequest(world.endpoint, session, { method: 'GET', path: `/${bucket}`, signedAt });
    };

    world.clock.putForward(899 * SECOND_MS);
    const before = await list();
    world.clock.putForward(2 * SECOND_MS);
    const after = await list();

    expect([before.status, after.status]).toEqual([200, 400]);
    expect(after.body.toString()).toContain('<Code>ExpiredToken</Code>');
  } finally {
    await world.close();
  }
});
