import { describe, expect, test } from 'vitest';
import type { Connection } from '../../../domain/connection.ts';
import { passMilestone } from '../../../domain/document-access.ts';
import { paths } from '../../../domain/job-documents.ts';
import { MINUTE_MS, SECOND_MS } from '../../../domain/time.ts';
import { BUCKET, JOB, MigrationWorld, type MigrationSetup } from './migration-world.ts';

const FREEZE = 'Migratormigrate202611200123456789abFreeze';
const foreign = { Sid: 'Theirs', Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: '*' } as const;
const keys = { roleArn: undefined } as unknown as Partial<Connection>;
const rules = { Rules: [{ ID: 'tidy', Status: 'Enabled', Expiration: { Days: 1 } }] };
const atRest = { Rules: [{ ID: 'tidy', Status: 'Disabled', Expiration: { Days: 1 } }] };

async function begun(setup: MigrationSetup = {}): Promise<MigrationWorld> {
  const world = new MigrationWorld(setup);
  await world.step('checkMigration');
  return world;
}

async function lifecycle(world: MigrationWorld, value?: object): Promise<unknown> {
  const request = { connection: 'ours', purpose: 'configure', buckets: [BUCKET], jobId: JOB } as const;
  const storage = await world.storage.open(request);
  if (value) await storage.applySetting(BUCKET, 'lifecycle', value);
  const { lifecycle: setting } = await storage.readConfiguration(BUCKET);
  return setting.state === 'set' ? setting.value : undefined;
}

describe('freezing the source', () => {
  test('stands beside the statements of others and is taken out without them', async () => {
    const world = await begun();
    world.source().policy = { Version: '2012-10-17', Statement: [foreign] };

    await world.step('freezeSource');
    expect(world.sids(BUCKET)).toEqual(['Theirs', FREEZE]);
    await world.step('thawSource');

    expect(world.source().policy).toEqual({ Version: '2012-10-17', Statement: [foreign] });
    expect(world.freezeDocument()?.thawedAtMs).toBeDefined();
  });

  test('a policy that has no room for it is said before anything is written', async () => {
    const world = await begun();
    world.source().policy = { Statement: [{ ...foreign, Action: 'x'.repeat(20_200) }] };

    await expect(world.step('freezeSource')).rejects.toMatchObject({
      name: 'StorageRefusedError',
      message: expect.stringContaining('Shorten the policy') as string,
    });
    expect(world.freezeDocument()).toBeUndefined();
    expect(world.sids(BUCKET)).toEqual(['Theirs']);
  });

  test('a try that was given up and comes late, after everything was brought back, freezes nothing', async () => {
    const world = await begun();
    await passMilestone(world.documents, JOB, 'undo-began', world.clock.nowMs());

    await expect(world.step('freezeSource')).rejects.toMatchObject({ name: 'JobStateError' });

    expect(world.sids(BUCKET)).toEqual([]);
    expect(world.freezeDocument()).toBeUndefined();
  });

  test('one that was under way when everything was brought back takes its statement out again', async () => {
    const world = await begun();
    world.storage.fault = async ({ operation }) => {
      if (operation !== 'changePolicy') return undefined;
      await passMilestone(world.documents, JOB, 'undo-began', world.clock.nowMs());
      return undefined;
    };

    await expect(world.step('freezeSource')).rejects.toMatchObject({ name: 'JobStateError' });

    expect(world.sids(BUCKET)).toEqual([]);
    expect(world.freezeDocument()?.thawedAtMs).toBeDefined();
  });

  test('found frozen, nothing is written again', async () => {
    const world = await begun();
    await world.freeze();
    const before = world.freezeDocument();
    const changes = world.storage.callsOf('changePolicy').length;

    world.clock.advance(MINUTE_MS);
    await world.step('freezeSource');

    expect(world.freezeDocument()).toEqual(before);
    expect(world.storage.callsOf('changePolicy').length).toBe(changes);
  });

  test('found open after it was frozen, the proof is void and the freeze is put again', async () => {
    const world = new MigrationWorld();
    await world.untilConsented();
    delete world.source().policy;

    await world.step('freezeSource');

    expect(world.sids(BUCKET)).toEqual([FREEZE]);
    expect(world.proof().voidedAtMs).toBeDefined();
    expect(world.freezeDocument()?.inForceAtMs).toBeUndefined();
    expect(await world.step('readConsent')).toMatchObject({ isGiven: false });
  });

  test('lifecycle rules are at rest while the source is frozen, and run again afterwards', async () => {
    const world = await begun();
    await lifecycle(world, rules);

    await world.step('freezeSource');
    expect(await lifecycle(world)).toEqual(atRest);
    await world.step('thawSource');

    expect(await lifecycle(world)).toEqual(rules);
  });

  test('lifecycle rules that somebody has set meanwhile stay as they are', async () => {
    const world = await begun();
    await lifecycle(world, rules);
    await world.step('freezeSource');
    const others = { Rules: [{ ID: 'other', Status: 'Enabled', Expiration: { Days: 9 } }] };
    await lifecycle(world, others);

    await world.step('thawSource');

    expect(await lifecycle(world)).toEqual(others);
  });

  test('rules that are off already are not touched', async () => {
    const world = await begun();
    await lifecycle(world, atRest);

    await world.step('freezeSource');

    expect(world.freezeDocument()?.lifecycleBefore).toBeUndefined();
  });

  test.each<[string, MigrationSetup, object]>([
    [
      'a role exempts our sessions by their names',
      {},
      { Condition: { StringNotLike: { 'aws:userid': [`*:mig-${JOB}-empty-*`, `*:mig-${JOB}-configure-*`] } } },
    ],
    [
      'keys on AWS exempt their principal',
      { sourceConnection: keys },
      { Condition: { ArnNotEquals: { 'aws:PrincipalArn': ['arn:aws:iam::111111111111:role/ours'] } } },
    ],
    [
      'keys elsewhere exempt their principal without a condition',
      {
        sourceConnection: { ...keys, kind: 's3-compatible', endpoint: 'http://x' },
        destinationConnection: { kind: 's3-compatible', endpoint: 'http://x' },
      },
      { NotPrincipal: { AWS: ['arn:aws:iam::111111111111:role/ours'] } },
    ],
  ])('%s', async (_, setup, statement) => {
    const world = await begun(setup);

    await world.step('freezeSource');

    expect(world.source().policy?.Statement).toEqual([expect.objectContaining(statement)]);
  });
});

describe('is the source frozen?', () => {
  test('not before a deletion was refused, asked at growing distances, and not for ever', async () => {
    const world = await begun();
    await world.step('freezeSource');
    world.probeAnswer = ({ purpose }) => (purpose === 'probe' ? 'allowed' : undefined);
    const waits: number[] = [];

    const waiting = async (): Promise<void> => {
      for (;;) {
        const { inForce, waitSeconds } = await world.step<{ inForce: boolean; waitSeconds: number }>('probeFreeze');
        if (inForce) return;
        waits.push(waitSeconds);
        world.clock.advance(waitSeconds * SECOND_MS);
      }
    };

    await expect(waiting()).rejects.toMatchObject({ name: 'FreezeNotInForceError' });
    expect(waits.slice(0, 6)).toEqual([5, 10, 20, 30, 30, 30]);
    expect(waits.reduce((sum, one) => sum + one, 0)).toBeLessThan(32 * 60);
  });

  test('a refusal alone is not enough while the statement is not in the policy', async () => {
    const world = await begun();
    await world.step('freezeSource');
    delete world.source().policy;
    world.probeAnswer = () => 'refused';

    expect(await world.step('probeFreeze')).toMatchObject({ inForce: false });
  });

  test('with keys on AWS five minutes have to pass', async () => {
    const world = await begun({ sourceConnection: keys });
    await world.step('freezeSource');

    expect(await world.step('probeFreeze')).toMatchObject({ inForce: false });
    world.clock.advance(5 * MINUTE_MS);

    expect(await world.step('probeFreeze')).toEqual({ inForce: true, waitSeconds: 0 });
  });

  test('the time when it came into force is kept', async () => {
    const world = await begun();
    await world.freeze();
    const { inForceAtMs } = world.freezeDocument() ?? {};

    world.clock.advance(MINUTE_MS);
    await world.step('probeFreeze');

    expect(inForceAtMs).toBeDefined();
    expect(world.freezeDocument()?.inForceAtMs).toBe(inForceAtMs);
  });

  test('a bucket whose versioning was switched since the job began is told', async () => {
    const world = await begun();
    await world.step('freezeSource');
    world.changeFacts(BUCKET, { versioning: 'enabled' });

    await expect(world.step('probeFreeze')).rejects.toMatchObject({
      name: 'BucketReplacedError',
      message: expect.stringContaining('start a new one') as string,
    });
  });
});

describe('thawing the source', () => {
  test('voids the consent before anybody can write', async () => {
    const world = new MigrationWorld();
    await world.untilConsented();
    let wasVoid: boolean | undefined;
    world.storage.fault = ({ operation }) => {
      if (operation === 'changePolicy') wasVoid ??= world.proof().voidedAtMs !== undefined;
      return undefined;
    };

    await world.step('thawSource');

    expect(wasVoid).toBe(true);
    expect(world.source().policy).toBeUndefined();
  });

  test('nothing was frozen: nothing to do', async () => {
    const world = await begun();

    expect(await world.step('thawSource')).toEqual({});
    expect(world.storage.callsOf('changePolicy')).toEqual([]);
  });

  test.each([
    ['gone', undefined],
    ['gone, and its name a stranger’s,', '333333333333'],
  ])('a source that is %s needs no thawing', async (_, stranger) => {
    const world = await begun();
    await world.freeze();
    world.storage.buckets.delete(BUCKET);
    if (stranger !== undefined) world.storage.addBucket(BUCKET, stranger);

    await world.step('thawSource');

    expect(world.freezeDocument()?.thawedAtMs).toBeDefined();
  });

  test('once deletions may have happened it stays frozen until everything was brought back', async () => {
    const world = new MigrationWorld();
    await world.untilConsented();
    await world.step('checkGate');

    await expect(world.step('thawSource')).rejects.toMatchObject({ name: 'JobStateError' });
    expect(world.sids(BUCKET)).toEqual([FREEZE]);

    await world.documents.write(paths.planSummary(JOB, 'undo'), JSON.stringify({ round: 1 }));
    await world.documents.write(
      paths.verdict(JOB, 'undo', 1),
      JSON.stringify({ round: 1, verdict: 'differences-found' }),
    );
    await expect(world.step('thawSource')).rejects.toMatchObject({ name: 'JobStateError' });

    await world.documents.write(paths.verdict(JOB, 'undo', 1), JSON.stringify({ round: 1, verdict: 'equal' }));
    await world.step('thawSource');
    expect(world.source().policy).toBeUndefined();
  });
});

describe('bringing back into a frozen source', () => {
  test('the freeze lets our copies in and stays for everybody else', async () => {
    const world = new MigrationWorld();
    await world.freeze();

    expect(await world.step('admitUndo')).toEqual({ waitSeconds: 30 });

    expect(world.sids(BUCKET)).toEqual([FREEZE]);
    expect(JSON.stringify(world.source().policy)).toContain(`*:mig-${JOB}-copy-*`);
  });

  test('a source that is not frozen is left alone', async () => {
    const world = await begun();

    expect(await world.step('admitUndo')).toEqual({ waitSeconds: 0 });
    expect(world.source().policy).toBeUndefined();
  });
});
