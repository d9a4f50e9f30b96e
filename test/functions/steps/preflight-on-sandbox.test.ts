import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Connection } from '../../../domain/connection.ts';
import { parseJobRequest } from '../../../domain/job-request.ts';
import type { PreflightCheck } from '../../../domain/views.ts';
import { runPreflight } from '../../../functions/steps/index.ts';
import { credentialsOf } from '../../../local/credentials.ts';
import { createStorageAccess } from '../../../s3/access.ts';
import { aBucket, aCopy, startCloud, type Cloud } from '../../support/cloud.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { ShiftedClock, systemRandom } from '../../support/system-time.ts';

let cloud: Cloud;
let connections: readonly Connection[];

beforeAll(async () => {
  cloud = await startCloud();
  connections = (JSON.parse(readFileSync(cloud.connectionsFile, 'utf8')) as { connections: Connection[] }).connections;
  await aBucket(cloud.a, 'readable', 3);
  await aBucket(cloud.a, 'shut', 3);
  const shut = { Sid: 'Shut', Effect: 'Deny', Principal: '*', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::shut' };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [shut] });
  await cloud.a.send(new PutBucketPolicyCommand({ Bucket: 'shut', Policy }));
  await aBucket(cloud.a, 'taken', 0);
});
afterAll(() => cloud.close());

/** The checks by id, as the product makes them, with the connection `sandbox-a` changed. */
async function check(
  from: string,
  to: string,
  change: Partial<Connection> = {},
): Promise<Record<string, PreflightCheck>> {
  const find = async (name: string): Promise<Connection | undefined> => {
    const found = connections.find((one) => one.name === name);
    return found && name === 'sandbox-a' ? { ...found, ...change } : found;
  };
  const clock = new ShiftedClock();
  const storage = createStorageAccess({ connections: { find }, credentialsOf, clock, random: systemRandom });
  const ports = { documents: new MemoryStore(), connections: { find }, storage, clock, random: systemRandom };
  const { checks } = await runPreflight(parseJobRequest(aCopy(from, to)), ports);
  return Object.fromEntries(checks.map((one) => [one.id, one]));
}

test('a copy between two accounts that is allowed is ok throughout', async () => {
  const checks = Object.values(await check('readable', 'new-bucket'));

  expect(checks.filter((one) => one.status !== 'ok')).toEqual([]);
});

test('a role that may not be assumed is said of the connection', async () => {
  const checks = await check('readable', 'new-bucket', { externalId: 'not-the-one' });

  expect(checks['source-connection']).toMatchObject({ status: 'blocked' });
  expect(checks['source-connection']?.remedy).toContain('trust policy');
  expect(checks['source-exists']).toBeUndefined();
});

test('keys that are refused are said of the connection', async () => {
  const checks = await check('readable', 'new-bucket', { secretAccessKey: 'wrong' });

  expect(checks['source-connection']).toMatchObject({ status: 'blocked' });
  expect(checks['source-connection']?.reason).toContain('keys');
});

test('a bucket that the role may not look into is said of the bucket', async () => {
  const checks = await check('shut', 'new-bucket');

  expect(checks['source-connection']?.status).toBe('ok');
  expect(checks['source-exists']).toMatchObject({ status: 'blocked' });
});

test('a source that is not there, and a name that is taken, are told apart', async () => {
  const checks = await check('nowhere-at-all', 'taken');

  expect(checks['source-exists']?.reason).toContain('no bucket');
  expect(checks['destination-name']).toMatchObject({ status: 'blocked' });
});
