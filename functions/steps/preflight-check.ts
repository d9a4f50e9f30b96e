import {
  AccessDeniedError,
  CredentialsRefusedError,
  MigrationError,
  retryClassOf,
  SessionExpiredError,
} from '../../domain/errors.ts';
import type { PreflightCheck } from '../../domain/views.ts';

export const ok = (id: string, title: string, reason: string): PreflightCheck => ({
  id,
  title,
  status: 'ok',
  reason,
  remedy: '',
});
export const warning = (id: string, title: string, reason: string, remedy: string): PreflightCheck => ({
  id,
  title,
  status: 'warning',
  reason,
  remedy,
});
export const blocked = (id: string, title: string, reason: string, remedy: string): PreflightCheck => ({
  id,
  title,
  status: 'blocked',
  reason,
  remedy,
});

/** "1 object", "2,000 objects". */
export const many = (count: number, one: string, more = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : more}`;

/** What the storage said, and what it advised; for errors that a check has no words of its own for. */
export function blockedBy(id: string, title: string, error: unknown): PreflightCheck {
  const reason = error instanceof Error ? error.message : String(error);
  const remedy = error instanceof MigrationError ? error.remedy : '';
  if (retryClassOf(error) !== 'never') return blocked(id, title, reason, remedy || 'Try again in a minute.');
  return blocked(
    id,
    title,
    reason,
    remedy || 'Look at the message, change the connection or the bucket, and try again.',
  );
}

/**
 * The session itself did not work, so that nothing behind it was seen. STS and S3 both answer AccessDenied, and the
 * role that acts is told with either, so the operation tells them apart: it stands first in the message.
 */
export const isAboutSession = (error: unknown): boolean =>
  error instanceof CredentialsRefusedError ||
  error instanceof SessionExpiredError ||
  (error instanceof AccessDeniedError && /^(sts:)?AssumeRole\b/.test(error.message));
