import { jsonText, readJob, readJson, readMilestones } from '../../domain/document-access.ts';
import { AccessDeniedError, DocumentConflictError } from '../../domain/errors.ts';
import { paths } from '../../domain/job-documents.ts';
import type { FinalBucketDocument, NameDecision, NameWaitDocument } from '../../domain/migration.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';
import { requireSource, requireTemporary } from './known-buckets.ts';
import { notYet, readFinal, requirePassed } from './migration-so-far.ts';
import { isMadeByUs, isSamePlace, namePlace, tryForName, type NamePlace, type NameTry } from './name-places.ts';
import { requireOnlyCopy } from './only-copy.ts';
import type { JobInput, StepPorts } from './step-ports.ts';

export type NameClaim = Readonly<{
  outcome: 'claimed' | 'keep-temporary' | 'waiting' | 'given-up';
  /** Until the next try. */
  waitSeconds: number;
}>;

/** A stranger who waits for the name has a short window at first; later nobody wins by asking more often. */
const SOON_MS = HOUR_MS;
const SOON_SECONDS = 20;
const LATER_SECONDS = 55;
/** AWS says that a name comes free within 72 hours; whoever is still told "no" after this long is asked. */
export const NAME_WAIT_MS_MAX = 30 * DAY_MS;
/** Permissions are seen late too, so that one refusal is no verdict. */
const DENIALS_MAX = 5;

/**
 * One try to get the bucket's name, where a person decided or under its old name in the destination account. Only
 * CreateBucket tells whether a name is free; a bucket that carries this job's tag is an earlier try whose answer was
 * lost. Rejects with AccessDeniedError when five tries in a row were refused for lack of permission, and with
 * BucketReplacedError when the temporary bucket is gone.
 *
 *   answer to the try         outcome
 *   created, or ours already  claimed
 *   (decided: keep)           keep-temporary
 *   any other, 30 days long   given-up
 *   any other                 waiting
 */
export async function claimName({ jobId }: JobInput, ports: StepPorts): Promise<NameClaim> {
  const { documents } = ports;
  const final = await readFinal(jobId, documents);
  if (final) return claimed(final);
  const milestones = await readMilestones(documents, jobId);
  requirePassed(jobId, milestones, 'source-deleted', 'The source is not deleted: its name is not free.');
  if (milestones['undone'] !== undefined) throw notYet(jobId, 'The job was brought back.');
  await requireOnlyCopy(jobId, ports);
  const decision = await readJson<NameDecision>(documents, paths.answer(jobId, 'name'));
  const wait = await readJson<NameWaitDocument>(documents, paths.nameWait(jobId));
  const place = await placeFor(jobId, decision, ports);

  const earlier = wait?.place;
  const hasMoved = earlier !== undefined && (place === 'temporary' || !isSamePlace(earlier, place));
  // Claimed once more, which finishes what a crash may have left open: a new bucket is private and tagged.
  const isGot = hasMoved && (await isMadeByUs(jobId, earlier, ports));
  if (isGot && (await tryForName(jobId, earlier, ports)) === 'ours') return await take(jobId, earlier, ports);
  if (place === 'temporary') return await keepTemporary(jobId, ports);
  const begun = await noteTry(jobId, wait, place, milestones['source-deleted'], ports);
  const answer = await tryForName(jobId, place, ports);
  const now = await noteAnswer(jobId, begun, answer, ports);
  if (answer === 'ours') return await take(jobId, place, ports);
  if ((now.deniedCount ?? 0) >= DENIALS_MAX) throw denied(place);
  return { outcome: hasGivenUp(now, decision) ? 'given-up' : 'waiting', waitSeconds: secondsUntilNext(now) };
}

const claimed = ({ isTemporary }: FinalBucketDocument): NameClaim => {
  return { outcome: isTemporary ? 'keep-temporary' : 'claimed', waitSeconds: 0 };
};

async function placeFor(
  jobId: string,
  decision: NameDecision | undefined,
  ports: StepPorts,
): Promise<NamePlace | 'temporary'> {
  if (decision?.choice === 'keep-temporary') return 'temporary';
  const job = await readJob(ports.documents, jobId);
  return await namePlace(job, await requireSource(jobId, ports.documents), decision, ports);
}

/** From here on the objects end in this bucket, whatever anybody decides. */
async function take(jobId: string, { connection, bucket, region }: NamePlace, ports: StepPorts): Promise<NameClaim> {
  return claimed(await writeFinal(jobId, { connection, bucket, region, isTemporary: false }, ports));
}

async function keepTemporary(jobId: string, ports: StepPorts): Promise<NameClaim> {
  const { connection, bucket, region } = await requireTemporary(jobId, ports.documents);
  return claimed(await writeFinal(jobId, { connection, bucket, region, isTemporary: true }, ports));
}

async function writeFinal(
  jobId: string,
  place: Omit<FinalBucketDocument, 'claimedAtMs'>,
  { documents, clock }: StepPorts,
): Promise<FinalBucketDocument> {
  const final: FinalBucketDocument = { ...place, claimedAtMs: clock.nowMs() };
  try {
    await documents.write(paths.finalBucket(jobId), jsonText(final), { ifAbsent: true });
    return final;
  } catch (error) {
    if (!(error instanceof DocumentConflictError)) throw error;
    return (await readFinal(jobId, documents)) ?? final;
  }
}

/** Where we try is written before we do: a decision that comes in between must not lose a bucket that we made. */
async function noteTry(
  jobId: string,
  wait: NameWaitDocument | undefined,
  place: NamePlace,
  deletedAtMs: NameWaitDocument['sinceMs'] | undefined,
  { documents, clock }: StepPorts,
): Promise<NameWaitDocument> {
  if (wait?.place && isSamePlace(wait.place, place)) return wait;
  const nowMs = clock.nowMs();
  const sinceMs = wait?.sinceMs ?? deletedAtMs ?? nowMs;
  const begun: NameWaitDocument = {
    sinceMs,
    tryCount: wait?.tryCount ?? 0,
    lastTryAtMs: nowMs,
    lastOutcome: 'busy',
    place,
  };
  await documents.write(paths.nameWait(jobId), jsonText(begun));
  return begun;
}

async function noteAnswer(
  jobId: string,
  before: NameWaitDocument,
  answer: NameTry,
  { documents, clock }: StepPorts,
): Promise<NameWaitDocument> {
  const nowMs = clock.nowMs();
  const { takenSinceMs, deniedCount = 0, ...rest } = before;
  // An answer that tells nothing about the name changes nothing about how long it has been taken.
  const isSilent = answer === 'unavailable' || answer === 'denied';
  const takenAtMs = answer === 'taken' ? (takenSinceMs ?? nowMs) : isSilent ? takenSinceMs : undefined;
  const denials = answer === 'denied' ? deniedCount + 1 : answer === 'unavailable' ? deniedCount : 0;
  const now: NameWaitDocument = {
    ...rest,
    tryCount: before.tryCount + 1,
    lastTryAtMs: nowMs,
    lastOutcome: answer === 'ours' ? before.lastOutcome : answer,
    ...(takenAtMs === undefined ? {} : { takenSinceMs: takenAtMs }),
    ...(denials === 0 ? {} : { deniedCount: denials }),
  };
  await documents.write(paths.nameWait(jobId), jsonText(now));
  return now;
}

/** Whoever decides to wait on gets the whole time again. */
const hasGivenUp = ({ sinceMs, lastTryAtMs }: NameWaitDocument, decision: NameDecision | undefined): boolean =>
  lastTryAtMs - Math.max(sinceMs, decision?.atMs ?? 0) > NAME_WAIT_MS_MAX;

const secondsUntilNext = ({ sinceMs, lastTryAtMs }: NameWaitDocument): number =>
  lastTryAtMs - sinceMs < SOON_MS ? SOON_SECONDS : LATER_SECONDS;

const denied = ({ connection, bucket }: NamePlace): AccessDeniedError =>
  new AccessDeniedError(`The bucket ${bucket} may not be created: refused ${DENIALS_MAX} times in a row.`, {
    subject: { connection, bucket },
    remedy: `Allow s3:CreateBucket, s3:PutBucketTagging and s3:PutBucketPublicAccessBlock on ${bucket} to the connection "${connection}", then redrive the job. Every object is in the temporary bucket.`,
  });
