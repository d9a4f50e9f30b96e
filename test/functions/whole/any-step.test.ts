import { describe, expect, test } from 'vitest';
import { AccessDeniedError } from '../../../domain/errors.ts';
import { MINUTE_MS, SECOND_MS } from '../../../domain/time.ts';
import type { JobView } from '../../../domain/views.ts';
import type { steps } from '../../../functions/steps/index.ts';
import { BUCKET, hasEnded, WholeMigration } from './whole-migration.ts';

type StepName = keyof typeof steps;
const FORTH: readonly StepName[] = [
  'checkMigration',
  'captureConfiguration',
  'freezeSource',
  'probeFreeze',
  'createTemporaryBucket',
  'protectTemporaryBucket',
  'probeProtection',
  'grantAccess',
  'keepAccessGranted',
  'readPlan',
  'readVerdict',
  'revokeAccess',
  'sealProof',
  'readConsent',
  'askForConsent',
  'checkGate',
  'lookAtEmptiedSource',
  'deleteSource',
  'claimName',
  'prepareDestinationBucket',
  'applyConfiguration',
  'checkReturn',
  'beginQuarantine',
  'askQuarantine',
  'endQuarantine',
  'openTemporaryBucket',
  'deleteTemporaryBucket',
  'finishMigration',
];
const BACK: readonly StepName[] = [
  'checkUndo',
  'revokeAccess',
  'admitUndo',
  'grantAccess',
  'keepAccessGranted',
  'readPlan',
  'readVerdict',
  'thawSource',
  'openTemporaryBucket',
  'probeProtection',
  'deleteTemporaryBucket',
  'finishUndo',
];
const LOOKS_MAX = 400;

/** What it did is done, and nobody is told: the hardest way for a step to fail. */
const failOnce = (world: WholeMigration, name: StepName, when: 'before' | 'after'): void => {
  let hasFailed = false;
  world.stepFault = (step, now) => {
    if (hasFailed || step !== name || now !== when) return undefined;
    hasFailed = true;
    return new AccessDeniedError('refused once');
  };
};

/** A person consents whenever they are asked, and does `whenFailed` whenever the job has failed. */
async function attend(world: WholeMigration, whenFailed: () => Promise<void>): Promise<JobView> {
  let percentBefore = 0;
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    const job = await world.job();
    expect(job.percent).toBeGreaterThanOrEqual(percentBefore);
    percentBefore = job.percent;
    if (job.status === 'succeeded' || (job.phase === 'undone' && hasEnded(job))) return job;
    if (hasEnded(job)) await whenFailed();
    else if (job.migration?.question?.question === 'consent') await world.consent();
    await world.clock.advance(job.phase === 'quarantine' ? 60 * MINUTE_MS : 20 * SECOND_MS);
  }
  throw new Error(`It never ends: ${world.called.slice(-8).join(', ')}`);
}

const redrive = (world: WholeMigration) => async (): Promise<void> => {
  expect((await world.post('redrive')).status).toBe(200);
};

function expectNothingOfOurs(world: WholeMigration): void {
  expect([...world.storage.buckets.keys()]).toEqual([BUCKET]);
  expect(world.keys(BUCKET)).toEqual(['a', 'b', 'c']);
  expect(world.sids(BUCKET)).toEqual([]);
  expect(world.leases()).toEqual([]);
}

describe('whichever step fails after its work, a redrive ends with the bucket moved and nothing of ours', () => {
  test.each(FORTH)('%s', async (name) => {
    const world = await WholeMigration.begin({ shardObjectCountMax: 2 });
    failOnce(world, name, 'after');

    expect(await attend(world, redrive(world))).toMatchObject({ status: 'succeeded', percent: 100 });

    expectNothingOfOurs(world);
  });
});

describe('whichever step of bringing back fails after its work, a redrive ends with the source as it was', () => {
  test.each(BACK)('%s', async (name) => {
    const world = await WholeMigration.begin({ shardObjectCountMax: 2 });
    failOnce(world, 'lookAtEmptiedSource', 'before');
    let isStopped = false;

    const job = await attend(world, async () => {
      if (isStopped) return redrive(world)();
      isStopped = true;
      failOnce(world, name, 'after');
      expect((await world.post('stop')).status).toBe(200);
    });

    expect(job.phase).toBe('undone');
    expectNothingOfOurs(world);
  });
});
