import { accessDenied, invalidArgument, S3Problem } from './problem.ts';
import { childNamed, childText, parseXml } from './xml.ts';

/** Retention and hold of one version (S3 user guide, Object Lock). */
export type ObjectLock = Readonly<{
  mode?: 'GOVERNANCE' | 'COMPLIANCE' | undefined;
  retainUntilMs?: number | undefined;
  hasLegalHold?: boolean | undefined;
}>;

type Headers = Readonly<Record<string, string | undefined>>;

export function parseLockMode(text: string | undefined): ObjectLock['mode'] {
  if (text === undefined || text === 'GOVERNANCE' || text === 'COMPLIANCE') return text;
  throw invalidArgument('x-amz-object-lock-mode', text, 'Unknown wormMode directive.');
}

/** What the request asks for; `undefined` when it asks for nothing. */
export function requestedLock(headers: Headers): ObjectLock | undefined {
  const mode = parseLockMode(headers['x-amz-object-lock-mode']);
  const until = headers['x-amz-object-lock-retain-until-date'];
  const hold = headers['x-amz-object-lock-legal-hold'];
  if (mode === undefined && until === undefined && hold === undefined) return undefined;
  if ((mode === undefined) !== (until === undefined)) {
    throw invalidArgument(
      'x-amz-object-lock-mode',
      mode ?? '',
      'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
    );
  }
  return {
    ...(mode !== undefined && until !== undefined && { mode, retainUntilMs: Date.parse(until) }),
    ...(hold !== undefined && { hasLegalHold: hold === 'ON' }),
  };
}

/** The default retention of a bucket's object lock configuration, counted from `nowMs`. */
export function defaultLock(configuration: string | undefined, nowMs: number): ObjectLock | undefined {
  if (configuration === undefined) return undefined;
  const rule = childNamed(parseXml(configuration), 'Rule');
  const retention = rule && childNamed(rule, 'DefaultRetention');
  const mode = retention && parseLockMode(childText(retention, 'Mode'));
  if (!retention || !mode) return undefined;
  const days = Number(childText(retention, 'Days') ?? Number(childText(retention, 'Years') ?? 0) * 365);
  return { mode, retainUntilMs: nowMs + days * 24 * 60 * 60 * 1000 };
}

export function lockHeaders(lock: ObjectLock | undefined): Record<string, string> {
  if (!lock) return {};
  return {
    ...(lock.mode !== undefined && { 'x-amz-object-lock-mode': lock.mode }),
    ...(lock.retainUntilMs !== undefined && {
      'x-amz-object-lock-retain-until-date': new Date(lock.retainUntilMs).toISOString(),
    }),
    ...(lock.hasLegalHold !== undefined && { 'x-amz-object-lock-legal-hold': lock.hasLegalHold ? 'ON' : 'OFF' }),
  };
}

/** Locked versions are not deleted; governance mode gives way to those who may bypass it and say so. */
export function requireUnlocked(lock: ObjectLock | undefined, nowMs: number, isBypassed: boolean): void {
  if (!lock) return;
  const isRetained = lock.retainUntilMs !== undefined && lock.retainUntilMs > nowMs;
  const isHeld = lock.hasLegalHold === true || (isRetained && !(lock.mode === 'GOVERNANCE' && isBypassed));
  if (isHeld) throw accessDenied('Access Denied because object protected by object lock.');
}

export function requireLockBucket(hasObjectLock: boolean): void {
  if (!hasObjectLock) throw new S3Problem('InvalidRequest', 'Bucket is missing Object Lock Configuration');
}
