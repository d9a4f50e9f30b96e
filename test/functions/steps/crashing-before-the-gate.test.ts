import { describe, expect, test } from 'vitest';
import { paths } from '../../../domain/job-documents.ts';
import type { BucketPolicy } from '../../../domain/policy.ts';
import { BUCKET, crashAnywhere, JOB, MigrationWorld, type MigrationSetup } from './migration-world.ts';

const FREEZE = 'Migratormigrate202611200123456789abFreeze';
const PROTECT = 'Migratormigrate202611200123456789abProtect';
const SEAL = 'Migratormigrate202611200123456789abSeal';

const setups: readonly [string, MigrationSetup][] = [
  ['a bucket', {}],
  ['a bucket with versions', { source: { versioning: 'enabled' } }],
  ['an empty bucket', { objects: {} }],
];

function newWorld(setup: MigrationSetup): MigrationWorld {
  const world = new MigrationWorld(setup);
  if (setup.source?.versioning === 'enabled') {
    world.storage.put(BUCKET, 'a', 'newer');
    world.storage.lay(BUCKET, 'b');
  }
  return world;
}

/** The source as it was, frozen; one temporary bucket with everything in it, protected and sealed; a proof. */
function expectProven(world: MigrationWorld, bodies: Readonly<Record<string, string>>): void {
  expect(bodiesOf(world, BUCKET)).toEqual(bodies);
  expect(world.sids(BUCKET)).toEqual([FREEZE]);
  const others = [...world.storage.buckets.keys()].filter((name) => name !== BUCKET);
  expect(others).toEqual([world.temporaryDocument().bucket]);
  // Delete markers stand in the proof; none is laid in the temporary bucket, where nothing may be deleted.
  expect(contentsOf(world, others[0] ?? '')).toEqual(contentsOf(world, BUCKET));
  expect(world.sids(others[0] ?? '').sort()).toEqual([PROTECT, SEAL]);
  expect(world.proof()).toMatchObject({ lineCount: linesOf(world), keyCount: keysOf(world) });
  expect(world.proof().voidedAtMs).toBeUndefined();
  expect(world.leases()).toHaveLength(2);
}

const bodiesOf = (world: MigrationWorld, bucket: string): Record<string, string> =>
  Object.fromEntries([...world.storage.bucket(bucket).objects].map(([key, { body }]) => [key, body]));
const contentsOf = (world: MigrationWorld, bucket: string): string[] => {
  const { objects, older } = world.storage.bucket(bucket);
  const keys = [...new Set([...objects.keys(), ...older.keys()])].sort();
  const versions = keys.flatMap((key) => world.storage.history(bucket, key).map((version) => ({ key, version })));
  return versions.flatMap(({ key, version }) => ('body' in version ? [`${key}: ${version.body}`] : []));
};
const keysOf = (world: MigrationWorld): number =>
  new Set([...world.source().objects.keys(), ...world.source().older.keys()]).size;
const linesOf = (world: MigrationWorld): number =>
  [...new Set([...world.source().objects.keys(), ...world.source().older.keys()])]
    .map((key) => world.storage.history(BUCKET, key).length)
    .reduce((sum, one) => sum + one, 0);

describe('a crash at anything that is asked or written before the gate', () => {
  test.each(setups)('%s: the next try comes to the same proof', { timeout: 120_000 }, async (_, setup) => {
    const bodies = bodiesOf(newWorld(setup), BUCKET);

    const count = await crashAnywhere(
      () => newWorld(setup),
      async (world) => void (await world.untilProven()),
      (world) => expectProven(world, bodies),
    );

    expect(count).toBeGreaterThan(60);
  });

  test('in the gate itself, what was consented to stays consented to', { timeout: 60_000 }, async () => {
    let before: string | undefined;

    const count = await crashAnywhere(
      () => new MigrationWorld(),
      async (world) => {
        if (!world.documents.documents.has(paths.consent(JOB, 1))) await quietly(world, () => world.untilConsented());
        before = world.proof().digest;
        await world.step('checkGate');
      },
      (world) => {
        expect(world.proof().digest).toBe(before);
        expect(world.milestones()).toContain('emptying-began');
        expect(world.documents.documents.has(paths.emptyingParts(JOB, 'source'))).toBe(true);
      },
    );

    expect(count).toBeGreaterThan(8);
  });

  test('a stop after it leaves the source as it was', { timeout: 120_000 }, async () => {
    const policy = { Version: '2012-10-17', Statement: [{ Sid: 'Theirs', Effect: 'Allow', Action: 's3:GetObject' }] };
    const begun = (): MigrationWorld => {
      const world = new MigrationWorld();
      world.source().policy = structuredClone(policy) as BucketPolicy;
      return world;
    };

    const count = await crashAnywhere(
      begun,
      async (world) => void (isFaulty(world) ? await world.untilConsented() : await world.step('thawSource')),
      (world) => {
        expect(world.source().policy).toEqual(policy);
        expect(bodiesOf(world, BUCKET)).toEqual({ a: '1', b: '22' });
        const isVoid = !world.documents.documents.has(paths.proof(JOB)) || world.proof().voidedAtMs !== undefined;
        expect(isVoid).toBe(true);
      },
    );

    expect(count).toBeGreaterThan(60);
  });

  test('while thawing, the next try ends it', { timeout: 60_000 }, async () => {
    const count = await crashAnywhere(
      () => new MigrationWorld(),
      async (world) => {
        if (!world.documents.documents.has(paths.consent(JOB, 1))) await quietly(world, () => world.untilConsented());
        await world.step('thawSource');
      },
      (world) => {
        expect(world.source().policy).toBeUndefined();
        expect(world.proof().voidedAtMs).toBeDefined();
        expect(world.freezeDocument()?.thawedAtMs).toBeDefined();
      },
    );

    expect(count).toBeGreaterThan(2);
  });
});

const isFaulty = (world: MigrationWorld): boolean => world.storage.fault !== undefined;

/** What comes before the part that is crashed. */
async function quietly(world: MigrationWorld, work: () => Promise<void>): Promise<void> {
  const { fault } = world.storage;
  const { beforeWrite } = world.documents;
  world.storage.fault = undefined;
  world.documents.beforeWrite = undefined;
  await work();
  world.storage.fault = fault;
  world.documents.beforeWrite = beforeWrite;
}
