import type { JobView } from '../../domain/views.ts';
import { systemRandom } from '../system-time.ts';
import { begin } from './begin.ts';
import { copyRequest } from './copy-request.ts';
import type { ExitCode } from './follow.ts';
import { consentAhead, migrateRequest } from './migrate-request.ts';
import type { Flags } from './parse-command.ts';
import type { Terminal } from './terminal.ts';

type Words = readonly string[];

/** One key for all tries of a command: a lost answer must not make a second job. */
const once = () => ({ 'idempotency-key': systemRandom.hex(32) });

export async function copy(words: Words, flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const request = copyRequest(words, flags);
  const headers = once();
  return begin({ command: 'copy', flags, terminal }, (client) => client.call('POST', '/api/jobs', request, headers));
}

export async function migrate(words: Words, flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const request = migrateRequest(words, flags);
  const ahead = consentAhead(request.source.bucket, flags);
  const headers = once();
  return begin({ command: 'migrate', flags, terminal, ...(ahead ? { ahead } : {}) }, (client) =>
    client.call('POST', '/api/jobs', request, headers),
  );
}

export const redrive = (words: Words, flags: Flags, terminal: Terminal): Promise<ExitCode> =>
  begin({ command: 'redrive', flags, terminal }, (client) => client.call('POST', `${jobPath(words)}/redrive`));

export const followJob = (words: Words, flags: Flags, terminal: Terminal): Promise<ExitCode> =>
  begin({ command: 'follow', flags, terminal }, (client) => client.call<JobView>('GET', jobPath(words)));

export const jobPath = ([id = '']: Words): string => `/api/jobs/${encodeURIComponent(id)}`;
