import type { GrantDocument } from '../../domain/job-documents.ts';
import type { Outstanding } from '../../domain/migration-report.ts';
import type {
  FinalBucketDocument,
  FreezeDocument,
  MigrationStage,
  TemporaryBucketDocument,
} from '../../domain/migration.ts';

export type OutstandingFacts = Readonly<{
  grants: readonly GrantDocument[];
  uploadsCount: number;
  stage: MigrationStage;
  temporary: TemporaryBucketDocument | undefined;
  final: FinalBucketDocument | undefined;
  freeze: FreezeDocument | undefined;
  /** Undefined while the source stands. */
  sourceDeletedAtMs: number | undefined;
}>;

/**
 * What stands of ours, and why.
 *
 *   what              stands while
 *   access            a grant was given and not taken back
 *   uploads           some are registered and not known to be aborted
 *   freeze            the source was frozen, not thawed, and not deleted
 *   paused-lifecycle  the same, and rules of its were switched off
 *   temporary-bucket  it was chosen and not removed, and is not the final bucket
 *   protection        the same, or it is the final bucket, and it was not opened
 */
export function outstandingOf(facts: OutstandingFacts): readonly Outstanding[] {
  return [...accessOf(facts), ...uploadsOf(facts), ...freezeOf(facts), ...temporaryOf(facts)];
}

const accessOf = ({ grants }: OutstandingFacts): Outstanding[] =>
  grants.map(({ connection, bucket }) => ({
    what: 'access',
    where: { connection, bucket },
    why: 'The statement that lets the copies be written could not be taken back; it lapses by itself.',
  }));

function uploadsOf({ uploadsCount, temporary, final }: OutstandingFacts): Outstanding[] {
  const at = final ?? temporary;
  if (uploadsCount === 0 || !at) return [];
  const why = `${uploadsCount.toLocaleString('en')} uploads of the job could not be aborted; their parts are billed.`;
  return [{ what: 'uploads', where: placeOf(at), why }];
}

function freezeOf({ freeze, sourceDeletedAtMs, stage }: OutstandingFacts): Outstanding[] {
  if (!freeze || freeze.thawedAtMs !== undefined || sourceDeletedAtMs !== undefined) return [];
  const where = placeOf(freeze);
  const why =
    stage === 'beginning'
      ? 'The source could not be thawed: nobody can write to it.'
      : 'Objects of the source were deleted: nobody may write to it until the job has gone on or is undone.';
  const frozen: Outstanding = { what: 'freeze', where, why };
  if (freeze.lifecycleBefore === undefined) return [frozen];
  return [
    frozen,
    { what: 'paused-lifecycle', where, why: 'The lifecycle rules of the source are switched off with it.' },
  ];
}

function temporaryOf({ temporary, final, stage }: OutstandingFacts): Outstanding[] {
  if (!temporary || temporary.removedAtMs !== undefined) return [];
  const where = placeOf(temporary);
  const isFinal = final?.isTemporary ?? false;
  const standing: Outstanding[] = isFinal
    ? []
    : [{ what: 'temporary-bucket', where, why: whyItStands(temporary, stage) }];
  if (temporary.openedAtMs !== undefined || temporary.createdAtMs === undefined) return standing;
  return [...standing, { what: 'protection', where, why: 'Its policy keeps everybody from deleting in it.' }];
}

function whyItStands({ keptBecause }: TemporaryBucketDocument, stage: MigrationStage): string {
  if (keptBecause !== undefined) return keptBecause;
  if (stage === 'beginning')
    return 'It holds the copies so far: redriven, the job uses them again; undone, they are removed.';
  if (stage === 'returned' || stage === 'clearing') return 'It holds the second whole copy until the job has ended.';
  return 'It holds the only whole copy.';
}

const placeOf = ({ connection, bucket }: Outstanding['where']): Outstanding['where'] => ({ connection, bucket });
