import { describe, expect, test } from 'vitest';
import { jsonText } from '../../../domain/document-access.ts';
import { paths, type VerdictDocument } from '../../../domain/job-documents.ts';
import type { FreezeDocument, QuestionDocument } from '../../../domain/migration.ts';
import type { ProofCandidate, ProofDocument } from '../../../domain/proof.ts';
import { JOB, MigrationWorld } from './migration-world.ts';

async function verified(): Promise<MigrationWorld> {
  const world = new MigrationWorld();
  await world.freeze();
  await world.makeTemporaryBucket();
  await world.transfer();
  return world;
}

const changeProof = (world: MigrationWorld, change: Partial<ProofDocument>): Promise<void> =>
  world.change<ProofDocument>(paths.proof(JOB), (proof) => ({ ...proof, ...change }));
const changeCandidate = (world: MigrationWorld, change: Partial<ProofCandidate>): Promise<void> =>
  world.change<ProofCandidate>(paths.proofCandidate(JOB), (candidate) => ({ ...candidate, ...change }));
const flip = (world: MigrationWorld, path: string): void =>
  void world.documents.documents.set(path, Uint8Array.from(world.documents.documents.get(path) ?? []).reverse());

describe('sealing the proof', () => {
  test('two listings that agree become the proof, with everything that consent is bound to', async () => {
    const world = await verified();

    const { outcome, digest } = await world.prove();

    expect(outcome).toBe('sealed');
    expect(world.proof()).toMatchObject({
      proof: 1,
      digest,
      lineCount: 2,
      sizeBytes: 3,
      source: { connection: 'ours', bucket: 'photos', region: 'us-east-1', accountId: '111111111111' },
      temporaryBucket: world.temporaryDocument().bucket,
    });
    expect(world.milestones()).toContain('proof-sealed');
  });

  test('an object that was changed since the verification means another round', async () => {
    const world = await verified();
    world.storage.put('photos', 'a', 'changed');

    expect(await world.prove()).toEqual({ outcome: 'changed' });
    expect(world.proof()).toBeUndefined();
  });

  test.each<[string, (world: MigrationWorld) => Promise<void>]>([
    ['the proof found differences', (world) => changeCandidate(world, { verdict: 'differences-found' })],
    ['it listed another source', (world) => changeCandidate(world, { sourceDigest: 'another' })],
    [
      'the verification found differences',
      (world) =>
        world.change<VerdictDocument>(paths.verdict(JOB, 'copy', 1), (verdict) => {
          return { ...verdict, verdict: 'differences-found' };
        }),
    ],
    [
      'the source was frozen again since',
      (world) =>
        world.change<FreezeDocument>(paths.freeze(JOB), (freeze) => {
          return { ...freeze, inForceAtMs: world.clock.nowMs() + 1 };
        }),
    ],
  ])('nothing is sealed when %s', async (_, change) => {
    const world = await verified();
    await world.step('protectTemporaryBucket', { writes: 'denied' });
    await world.task('prove');
    await change(world);

    expect(await world.step('sealProof')).toEqual({ outcome: 'changed' });
    expect(world.proof()).toBeUndefined();
  });

  test('nothing is sealed while the source is not frozen', async () => {
    const world = await verified();
    await world.task('prove');
    await world.step('thawSource');

    await expect(world.step('sealProof')).rejects.toMatchObject({ name: 'FreezeNotInForceError' });
  });

  test('lines that are damaged on disk are never sealed', async () => {
    const world = await verified();
    await world.task('prove');
    flip(world, paths.proofPart(JOB, 1, 1));

    await expect(world.step('sealProof')).rejects.toMatchObject({ name: 'ProofInvalidError' });
    expect(world.proof()).toBeUndefined();
  });

  test('what ended the task that proves is told under its own name', async () => {
    const world = await verified();
    const halt = { error: 'AccessDeniedError', message: 'may not read', remedy: 'Allow it.', atMs: 1 };
    await world.documents.write(paths.halt(JOB, 'copy', 'prove'), jsonText(halt));

    await expect(world.step('sealProof')).rejects.toMatchObject({
      name: 'AccessDeniedError',
      message: expect.stringContaining('Allow it.') as string,
    });
  });

  test('a proof that says the same is kept, and with it the consent', async () => {
    const world = new MigrationWorld();
    await world.untilConsented();
    const before = world.proof();
    world.clock.advance(1000);

    const again = await world.prove();

    expect(again).toEqual({ outcome: 'sealed', digest: before.digest });
    expect(world.proof()).toEqual(before);
    expect(await world.step('readConsent')).toEqual({ isGiven: true, digest: before.digest });
  });

  test('a proof that says the same and is damaged on disk is replaced', async () => {
    const world = new MigrationWorld();
    const before = await world.untilProven();
    flip(world, paths.proofPart(JOB, before.proof, 1));

    await world.prove();

    expect(world.proof().proof).toBe(2);
  });

  test('a void proof is never sealed again; the next one is another one', async () => {
    const world = new MigrationWorld();
    const before = await world.untilProven();
    await changeProof(world, { voidedAtMs: world.clock.nowMs() });

    expect(await world.step('sealProof')).toEqual({ outcome: 'changed' });
    const { digest } = await world.prove();

    expect(digest).not.toBe(before.digest);
    expect(world.proof().voidedAtMs).toBeUndefined();
  });
});

describe('consent', () => {
  test('is not given before somebody gives it', async () => {
    const world = new MigrationWorld();
    expect(await world.step('readConsent')).toEqual({ isGiven: false, digest: '' });

    const { digest } = await world.untilProven();

    expect(await world.step('readConsent')).toEqual({ isGiven: false, digest });
  });

  test.each<[string, object]>([
    ['another digest', { digest: 'another' }],
    ['another name', { bucket: 'other' }],
    ['an older proof', { proof: 0 }],
  ])('to %s is none', async (_, change) => {
    const world = new MigrationWorld();
    await world.untilProven();
    await world.consent(change);

    expect(await world.step('readConsent')).toMatchObject({ isGiven: false });
  });

  test('to losing versions is given with their number, or not at all', async () => {
    const world = new MigrationWorld({ source: { versioning: 'enabled' }, options: { versions: 'current-only' } });
    world.storage.put('photos', 'a', 'newer');
    const { lostVersionCount } = await world.untilProven();
    expect(lostVersionCount).toBe(1);

    await world.consent({ lostVersionCount: 7 });
    expect(await world.step('readConsent')).toMatchObject({ isGiven: false });
    await world.consent();

    expect(await world.step('readConsent')).toMatchObject({ isGiven: true });
  });

  test.each([
    ['askForConsent', 'consent'],
    ['askAboutName', 'name'],
    ['askQuarantine', 'quarantine'],
  ] as const)('%s writes down what is waited for, and the newest token counts', async (step, question) => {
    const world = new MigrationWorld();
    await world.step(step, { token: 'first' });
    await world.step(step, { token: 'second' });

    const asked = world.documents.json<QuestionDocument>(paths.question(JOB, question));
    expect(asked).toEqual({ question, token: 'second', askedAtMs: world.clock.nowMs() });
  });
});
