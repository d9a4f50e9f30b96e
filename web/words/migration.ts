import type { MigrationPhase } from './migration-phases.ts';
import { SECOND_MS } from '../../domain/time.ts';
import type { JobView, MigrationView } from '../../domain/views.ts';
import { copiedText, verifiedText } from './counts.ts';
import { formatCount, formatObjects } from './numbers.ts';
import { formatDuration, formatWhen } from './times.ts';

/** What the page says about a migration, beside what every job is said about. */

/** A person has to decide; in quarantine nobody has to. */
export const needsDecision = ({ migration }: Pick<JobView, 'migration'>): boolean =>
  migration?.question !== undefined && migration.question.question !== 'quarantine';

export const decisionPath = ({ id }: Pick<JobView, 'id'>): string => `/jobs/${encodeURIComponent(id)}/decision`;

/** A connection's name in a sentence, where it could be taken for any other word. */
export const byConnection = (name: string): string => `the connection "${name}"`;

/** In which bucket the objects end: the temporary one may have been kept. */
export const finalBucketOf = (job: JobView): string => job.migration?.finalBucket?.bucket ?? job.source.bucket;

/** What stands below the name of a migration in the list: where the bucket goes, and as what. */
export function keptNameText({ migration, source, destination }: JobView): string {
  const finalBucket = migration?.finalBucket;
  if (finalBucket && finalBucket.bucket !== source.bucket) return `now "${finalBucket.bucket}"`;
  return `keeps its name${destination.region ? `, to ${destination.region}` : ''}`;
}

export const QUESTION_TEXTS = {
  consent: 'Needs your decision: may the source be deleted?',
  name: 'Needs your decision: the name does not come free',
} as const;

export function migrationText(job: JobView, phase: MigrationPhase): string {
  const { migration } = job;
  switch (phase) {
    case 'freezing':
      return 'Freezing the source and making the temporary bucket';
    case 'proving':
      return 'Proving both sides once more';
    case 'waiting-for-consent':
      return migration?.question?.question === 'consent' ? QUESTION_TEXTS.consent : 'Getting ready to ask you';
    case 'emptying':
      return 'Emptying and deleting the source';
    case 'waiting-for-name':
      return nameText(job);
    case 'creating-bucket':
      return `Making "${finalBucketOf(job)}" at the destination`;
    case 'planning-back':
      return 'Listing the temporary bucket';
    case 'copying-back':
      return `Copying back ${copiedText(job)}`;
    case 'verifying-back':
      return `Verifying again ${verifiedText(job)}`;
    case 'configuring':
      return 'Putting the bucket’s settings in place';
    case 'quarantine':
      return quarantineText(migration);
    case 'cleaning-up':
      return 'Deleting the temporary bucket';
    case 'undoing':
      return 'Bringing everything back to the source';
    case 'undone':
      return 'Brought back: the source is as it was';
  }
}

function nameText({ migration, asOfMs }: JobView): string {
  if (migration?.question?.question === 'name') return QUESTION_TEXTS.name;
  const waitedMs = asOfMs - (migration?.nameWait?.sinceMs ?? asOfMs);
  return waitedMs < SECOND_MS ? 'Waiting for the name' : `Waiting for the name, ${formatDuration(waitedMs)}`;
}

function quarantineText(migration: MigrationView | undefined): string {
  if (!migration?.quarantine) return 'Verified, temporary bucket kept for now';
  if (migration.quarantine.shortenedAtMs !== undefined) return 'Verified, temporary bucket about to be deleted';
  return `Verified, temporary bucket kept until ${formatWhen(migration.quarantine.endsAtMs)}`;
}

export function movedText(job: JobView): string {
  const { finalBucket, nameWait, proof } = job.migration ?? {};
  const moved = proof ? provenText(proof) : formatObjects(job.copiedCount);
  if (finalBucket?.isTemporary) return `${moved} verified; they stay in "${finalBucket.bucket}"`;
  if (finalBucket && nameWait?.decision?.choice === 'rebuild-source') {
    return `${moved} verified in "${finalBucket.bucket}", made again with ${byConnection(finalBucket.connection)}`;
  }
  if (finalBucket && finalBucket.bucket !== job.source.bucket)
    return `${moved} moved to "${finalBucket.bucket}" and verified`;
  return `${moved} moved with the bucket’s name and verified`;
}

/** "1,204 objects", or "1,300 versions of 1,204 objects". What is lost on the way is not among them. */
export function provenText(proof: ProofCounts): string {
  const versionCount = provenVersionCount(proof);
  return versionCount === proof.keyCount
    ? formatObjects(proof.keyCount)
    : `${formatCount(versionCount)} versions of ${formatObjects(proof.keyCount)}`;
}

type ProofCounts = Pick<
  NonNullable<MigrationView['proof']>,
  'lineCount' | 'keyCount' | 'deleteMarkerCount' | 'lostVersionCount' | 'lostMarkerCount'
>;

/** Objects, or versions of them: what has bytes, and a grade each. */
export const provenVersionCount = ({ lineCount, deleteMarkerCount, lostVersionCount, lostMarkerCount }: ProofCounts) =>
  lineCount - deleteMarkerCount - lostVersionCount - lostMarkerCount;

/** What a migration that ended was doing. */
export function doingOfMigration(phase: MigrationPhase): string {
  switch (phase) {
    case 'freezing':
      return 'freezing the source and making the temporary bucket';
    case 'proving':
      return 'proving both sides';
    case 'waiting-for-consent':
      return 'waiting for your decision';
    case 'emptying':
      return 'emptying and deleting the source';
    case 'waiting-for-name':
      return 'waiting for the name';
    case 'creating-bucket':
      return 'making the bucket under its name';
    case 'planning-back':
      return 'listing the temporary bucket';
    case 'copying-back':
      return 'copying back';
    case 'verifying-back':
      return 'verifying what was copied back';
    case 'configuring':
      return 'putting the settings in place';
    case 'quarantine':
      return 'keeping the temporary bucket';
    case 'cleaning-up':
      return 'deleting the temporary bucket';
    case 'undoing':
    case 'undone':
      return 'bringing everything back to the source';
  }
}

/** Where the objects are while a job stands still, and whether anything is lost: nothing is. */
export function safetyText({ migration, source }: JobView): string {
  if (!migration) return '';
  const temporary = migration.temporaryBucket ? `"${migration.temporaryBucket.bucket}"` : 'the temporary bucket';
  switch (migration.stage) {
    case 'beginning':
      return `Nothing is deleted. Every object is in "${source.bucket}".`;
    case 'emptying':
      return `Every object is in ${temporary}. "${source.bucket}" is being emptied.`;
    case 'deleted':
      return `Every object is in ${temporary}. "${source.bucket}" is deleted, and its name is waited for.`;
    case 'returning':
      return `Every object is in ${temporary}, and goes back from there.`;
    case 'returned':
    case 'clearing':
      return `Every object is verified in "${migration.finalBucket?.bucket ?? source.bucket}".`;
    case 'finished':
    case 'undone':
      return '';
  }
}
