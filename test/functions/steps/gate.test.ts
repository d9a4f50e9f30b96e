import { describe, expect, test } from 'vitest';
import { StorageUnavailableError } from '../../../domain/errors.ts';
import { GATE_CHECKS } from '../../../domain/gate.ts';
import { jsonText } from '../../../domain/document-access.ts';
import { paths, type JobDocument, type VerdictDocument } from '../../../domain/job-documents.ts';
import type { UndoDocument } from '../../../domain/migration.ts';
import type { ProofDocument } from '../../../domain/proof.ts';
import { BUCKET, JOB, MigrationWorld } from './migration-world.ts';

async function consented(): Promise<MigrationWorld> {
  const world = new MigrationWorld();
  await world.untilConsented();
  return world;
}

const otherJob = 'migrate-20261119-ffffffffffff';
const changeProof = (world: MigrationWorld, change: Partial<ProofDocument>): Promise<void> =>
  world.change<ProofDocument>(paths.proof(JOB), (proof) => ({ ...proof, ...change }));

/** How each check is made not to hold, and a word of what a person is told. */
const closings: Readonly<Record<string, readonly [(world: MigrationWorld) => Promise<unknown> | void, RegExp]>> = {
  proof: [(world) => world.documents.remove(paths.proof(JOB)), /no sealed proof/],
  'proof-unchanged': [(world) => changeProof(world, { sizeBytes: 4 }), /digest does not fit/],
  'proof-whole': [(world) => world.documents.remove(paths.proofPart(JOB, 1, 1)), /missing, damaged or changed/],
  'proof-valid': [(world) => changeProof(world, { voidedAtMs: world.clock.nowMs() }), /voided/],
  evidence: [
    (world) =>
      world.change<JobDocument>(paths.request(JOB), (job) => {
        return { ...job, request: { ...job.request, options: { ...job.request.options, evidence: 'strict' } } };
      }),
    /strong enough/,
  ],
  'two-listings': [
    (world) =>
      world.change<VerdictDocument>(paths.verdict(JOB, 'copy', 1), (verdict) => ({ ...verdict, sourceDigest: 'x' })),
    /do not agree/,
  ],
  consent: [(world) => world.documents.remove(paths.consent(JOB, 1)), /Nobody has consented/],
  configuration: [(world) => world.change(paths.configuration(JOB), (kept) => ({ ...kept, more: 1 })), /configuration/],
  leases: [
    (world) => world.change(paths.lease('aws', BUCKET), (lease) => ({ ...lease, jobId: otherJob })),
    /no longer this job’s alone/,
  ],
  'same-source': [
    (world) => world.changeFacts(BUCKET, { region: 'eu-west-1' }),
    /not the bucket that the job began with/,
  ],
  frozen: [(world) => void delete world.source().policy, /not frozen/],
  'temporary-ours': [
    (world) => world.changeFacts(world.temporaryDocument().bucket, { tags: { 'bucket-migrator:job': otherJob } }),
    /not ours/,
  ],
  'temporary-protected': [(world) => void delete world.temporary().policy, /not protected/],
};

describe('the gate before the first deletion', () => {
  test('opens when every check holds, and only then deletions may begin', async () => {
    const world = await consented();
    expect(world.milestones()).not.toContain('emptying-began');

    expect(await world.step('checkGate')).toEqual({ parts: 1 });

    expect(world.milestones()).toEqual(expect.arrayContaining(['consented', 'emptying-began']));
    const parts = new TextDecoder().decode(world.documents.documents.get(paths.emptyingParts(JOB, 'source')));
    expect(parts).toBe('{"part":1}\n');
  });

  test('is closed by every one of its checks alone', () => {
    expect(Object.keys(closings).sort()).toEqual([...GATE_CHECKS].sort());
  });

  test.each(Object.entries(closings))('%s: closes it, and says why and what to do', async (_, [close, reason]) => {
    const world = await consented();
    await close(world);

    const rejection = expect(world.step('checkGate')).rejects;

    await rejection.toMatchObject({ name: 'GateClosedError', message: expect.stringMatching(reason) as string });
    await expect(world.step('checkGate')).rejects.toThrow(/What to do: Nothing was deleted\. Redrive/);
    expect(world.milestones()).not.toContain('emptying-began');
  });

  test('tells everything that does not hold at once', async () => {
    const world = await consented();
    delete world.source().policy;
    delete world.temporary().policy;

    await expect(world.step('checkGate')).rejects.toThrow(/not frozen.*not protected/s);
  });

  test('a probe that is not refused closes it although the statement is there', async () => {
    const world = await consented();
    world.probeAnswer = ({ connection, purpose }) =>
      purpose === 'probe' && connection === 'ours' ? 'allowed' : undefined;

    await expect(world.step('checkGate')).rejects.toThrow(/not frozen/);
  });

  test('a source that was deleted and made again by somebody else closes it', async () => {
    const world = await consented();
    world.storage.buckets.delete(BUCKET);
    world.storage.addBucket(BUCKET, '333333333333');

    await expect(world.step('checkGate')).rejects.toMatchObject({ name: 'GateClosedError' });
  });

  test('versioning that was switched meanwhile closes it', async () => {
    const world = await consented();
    world.changeFacts(BUCKET, { versioning: 'enabled' });

    await expect(world.step('checkGate')).rejects.toMatchObject({ name: 'GateClosedError' });
  });

  test('an unsealed temporary bucket closes it', async () => {
    const world = await consented();
    await world.step('protectTemporaryBucket', { writes: 'allowed' });

    await expect(world.step('checkGate')).rejects.toThrow(/not protected/);
  });

  test('a storage that does not answer asks for another try and closes nothing', async () => {
    const world = await consented();
    world.storage.fault = ({ operation }) =>
      operation === 'probeDelete' ? new StorageUnavailableError('down') : undefined;

    await expect(world.step('checkGate')).rejects.toMatchObject({ name: 'StorageUnavailableError' });
    world.storage.fault = undefined;
    expect(await world.step('checkGate')).toEqual({ parts: 1 });
  });

  test('a stop that voids the proof while the gate is checked closes it', async () => {
    const world = await consented();
    world.storage.fault = async ({ operation, connection }) => {
      if (operation === 'probeDelete' && connection === 'theirs') await changeProof(world, { voidedAtMs: 1 as never });
      return undefined;
    };

    await expect(world.step('checkGate')).rejects.toThrow(/voided/);
    expect(world.milestones()).not.toContain('emptying-began');
  });

  test('is passed again while the source is being emptied, when nothing but the source’s contents has changed', async () => {
    const world = await consented();
    await world.step('checkGate');
    world.source().objects.delete('a');
    await world.documents.remove(paths.verdict(JOB, 'copy', 1));

    expect(await world.step('checkGate')).toEqual({ parts: 1 });
  });

  test.each<[string, (world: MigrationWorld, stop: () => Promise<unknown>) => Promise<unknown> | void]>([
    ['before it', (_, stop) => stop()],
    [
      'while everything is looked at',
      (world, stop) => {
        world.storage.fault = async ({ operation, connection }) => {
          if (operation === 'probeDelete' && connection === 'theirs') await stop();
          return undefined;
        };
      },
    ],
  ])('is never passed when somebody stopped the job %s: nothing was deleted, and so it stays', async (_, happens) => {
    const world = await consented();
    const undo: UndoDocument = { by: 'A Person', askedAtMs: world.clock.nowMs(), stopsExecution: 1 };
    await happens(world, () => world.documents.write(paths.undo(JOB), jsonText(undo)));

    await expect(world.step('checkGate')).rejects.toMatchObject({ name: 'JobStateError' });

    expect(world.milestones()).not.toContain('emptying-began');
  });

  test.each(['undo-began', 'source-deleted'] as const)('is never passed once %s', async (milestone) => {
    const world = await consented();
    await world.documents.write(paths.milestone(JOB, milestone), JSON.stringify({ atMs: 1 }));

    await expect(world.step('checkGate')).rejects.toMatchObject({ name: 'JobStateError' });
  });

  test('an empty bucket passes with nothing to delete', async () => {
    const world = new MigrationWorld({ objects: {} });
    await world.untilConsented();

    expect(await world.step('checkGate')).toEqual({ parts: 0 });
  });
});
