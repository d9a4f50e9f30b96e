import { ListingInvalidError } from '../domain/errors.ts';
import type { Place } from './place.ts';
import { ATTEMPTS_MAX, pause } from './retrying.ts';

export type Checked<Page> = (Readonly<{ ok: true }> & Page) | Readonly<{ ok: false; reason: string }>;
export type Listed = Readonly<{ operation: string; bucket: string; signal?: AbortSignal | undefined }>;

/** Asks for a page until one is believed. Rejects with ListingInvalidError when none is, and as `ask` does. */
export async function askUntilBelieved<Page>(
  place: Place,
  { operation, bucket, signal }: Listed,
  ask: () => Promise<Checked<Page>>,
): Promise<Page> {
  for (let attempt = 1; ; attempt += 1) {
    const page = await ask();
    if (page.ok) return page;
    if (attempt >= ATTEMPTS_MAX) throw invalid(place, operation, bucket, page.reason);
    await pause(attempt, place.clock, place.random, signal);
  }
}

const invalid = (place: Place, operation: string, bucket: string, reason: string): ListingInvalidError =>
  new ListingInvalidError(`${operation} ${bucket}: a page cannot be believed, ${reason}`, {
    subject: { bucket, connection: place.connection.name },
    remedy: 'Retry; when it stays, look for a proxy or an error page between this machine and the storage.',
  });
