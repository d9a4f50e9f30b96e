import { displayKey } from '../../domain/keys.ts';
import { DAY_MS, isoTime } from '../../domain/time.ts';
import { blocked, blockedBy, many, ok, warning } from './preflight-check.ts';
import { errorOf, valueOf } from './preflight-look.ts';
import type { Check } from './preflight.ts';

const soFar = (isComplete: boolean): string => (isComplete ? '' : ' so far');

const versions: Check = ({ request, source }) => {
  const facts = valueOf(source.bucket);
  if (!facts || facts.versioning === 'off') return undefined;
  const [id, title] = ['source-versions', 'Versions'];
  const error = errorOf(source.versions);
  if (error !== undefined) return blockedBy(id, title, error);
  const counted = valueOf(source.versions);
  if (!counted) return undefined;
  const { versionCount, olderCount, markerCount, isComplete } = counted;
  const state =
    facts.versioning === 'suspended' ? 'Versioning is suspended, and older versions are there all the same. ' : '';
  const markers = many(markerCount, 'delete marker');
  if (request.options.versions === 'all') {
    const what = `${many(versionCount, 'version')} and ${markers}${soFar(isComplete)}`;
    return ok(id, title, `${state}${what} go over in their order. Their ids and dates change.`);
  }
  return warning(
    id,
    title,
    `${state}Only current objects go over: ${many(olderCount, 'older version')} and ${markers}${soFar(isComplete)} are destroyed with the source.`,
    'Migrate all versions instead, unless the older ones may be lost. Their number is asked for again before anything is deleted.',
  );
};

const objectLock: Check = ({ source }) => {
  if (!valueOf(source.bucket)?.hasObjectLock) return undefined;
  const [id, title] = ['source-object-lock', 'Object Lock'];
  const error = errorOf(source.locks);
  if (error !== undefined) return blockedBy(id, title, error);
  const locks = valueOf(source.locks);
  if (!locks) return undefined;
  const copyInstead = 'Copy the bucket to a new name instead; the source stays as it is.';
  if (locks.heldCount > 0) {
    const held = `${many(locks.heldCount, 'version')} ${locks.heldCount === 1 ? 'is' : 'are'} under a legal hold, which has no end.`;
    return blocked(id, title, `${held} The source could never be emptied.`, copyInstead);
  }
  if (locks.retainedCount > 0) {
    const until = locks.latestUntilMs === undefined ? '' : ` The last one is until ${isoTime(locks.latestUntilMs)}.`;
    return blocked(
      id,
      title,
      `${many(locks.retainedCount, 'version')}${soFar(locks.isComplete)} may not be deleted yet.${until}`,
      `Migrate after that date. ${copyInstead}`,
    );
  }
  if (!locks.isComplete) {
    return blocked(
      id,
      title,
      `The source has Object Lock and more versions than can be looked at here (${many(locks.lookedCount, 'version')} looked at, none is locked).`,
      copyInstead,
    );
  }
  return warning(
    id,
    title,
    'The source has Object Lock, and no version of it is seen to be locked. Locks set later stand in the way of emptying it.',
    'Stop whoever sets retention or legal holds until the migration has ended. The new bucket gets Object Lock only by hand.',
  );
};

const mfaDelete: Check = ({ source }) =>
  valueOf(source.bucket)?.hasMfaDelete
    ? blocked(
        'source-mfa-delete',
        'MFA delete',
        'Deleting a version of this bucket needs a second factor, which no program can give.',
        'Switch MFA delete off as the root user of the account, then try again.',
      )
    : undefined;

/** Nothing that cannot be read is ever proven, and nothing unproven is deleted. */
const archived: Check = ({ request, source }) => {
  const counted = valueOf(source.counted);
  const histories = request.options.versions === 'all' ? valueOf(source.versions) : undefined;
  const listed = Math.max(counted?.archivedCount ?? 0, histories?.archivedCount ?? 0);
  const count = Math.max(listed, valueOf(source.sampled)?.archivedCount ?? 0);
  if (count === 0) return undefined;
  const isComplete = counted?.isComplete === true && histories?.isComplete !== false;
  return blocked(
    'source-archived',
    'Archived objects',
    `${many(count, 'object')}${soFar(isComplete)} ${count === 1 ? 'is' : 'are'} archived and cannot be read, so the bucket cannot be moved whole.`,
    'Restore them for enough days first, then try again. Or copy the bucket: archived objects are reported then.',
  );
};

const readable: Check = ({ source }) => {
  const [id, title] = ['source-readable', 'Objects can be read'];
  const error = errorOf(source.sampled);
  if (error !== undefined) return blockedBy(id, title, error);
  const sampled = valueOf(source.sampled);
  if (!sampled || sampled.lookedCount === 0) return undefined;
  const example = sampled.exampleKey === undefined ? '' : ` One of them is ${displayKey(sampled.exampleKey)}.`;
  if (sampled.customerKeyCount > 0) {
    return blocked(
      id,
      title,
      `Of ${sampled.lookedCount} objects looked at ${sampled.customerKeyCount} cannot be read without a key of the customer (SSE-C).${example}`,
      'Copy these objects to another kind of encryption first; their keys are not known here.',
    );
  }
  if (sampled.unreadableCount > 0) {
    return blocked(
      id,
      title,
      `Of ${sampled.lookedCount} objects looked at ${sampled.unreadableCount} may not be read by the source connection.${example}`,
      "Allow s3:GetObject on all objects, and the use of their KMS keys. Objects of other accounts need this bucket's owner as their owner.",
    );
  }
  return ok(id, title, `${many(sampled.lookedCount, 'object')} looked at can be read.`);
};

const liveWriters: Check = ({ nowMs, source }) => {
  const counted = valueOf(source.counted);
  if (counted?.newestAtMs === undefined || nowMs - counted.newestAtMs > DAY_MS) return undefined;
  return warning(
    'source-writers',
    'Somebody writes to the source',
    `An object was written at ${isoTime(counted.newestAtMs)}. From the freeze on every write to the source is refused, until the bucket is there again.`,
    'Stop what writes to the bucket for the time of the migration: applications, logs of other services, replication.',
  );
};

/** What is to be moved: everything of it, or nothing. */
export const MOVED_CHECKS: readonly Check[] = [versions, objectLock, mfaDelete, readable, archived, liveWriters];
