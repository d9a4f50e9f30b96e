import type { JobView } from '../../domain/views.ts';
import { systemClock, systemRandom } from '../system-time.ts';
import { copyRequest } from './copy-request.ts';
import { EXIT, exitCodeOf, follow, type ExitCode } from './follow.ts';
import type { Flags } from './parse-command.ts';
import { openPlaceOfWork, type PlaceOfWork } from './place-of-work.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';
import { placeText } from './words.ts';

export async function copy(words: readonly string[], flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const request = copyRequest(words, flags);
  // One key for all tries of this command: a lost answer must not make a second job.
  const headers = { 'idempotency-key': systemRandom.hex(32) };
  return begin('copy', flags, terminal, ({ client }) => client.call<JobView>('POST', '/api/jobs', request, headers));
}

export async function redrive(words: readonly string[], flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const path = `/api/jobs/${encodeURIComponent(words[0] ?? '')}/redrive`;
  return begin('redrive', flags, terminal, ({ client }) => client.call<JobView>('POST', path));
}

async function begin(
  command: string,
  flags: Flags,
  terminal: Terminal,
  ask: (place: PlaceOfWork) => Promise<JobView>,
): Promise<ExitCode> {
  const place = await openPlaceOfWork(flags, terminal);
  try {
    if (flags['detach'] === true && place.kind !== 'server') {
      const message =
        'No server runs on this data directory, and a job cannot outlive this program: leave --detach out.';
      throw new UsageError(message, command);
    }
    const job = await ask(place);
    if (flags['detach'] === true) return detached(job, flags, terminal);
    return await followToTheEnd(job, place, flags, terminal);
  } finally {
    await place.close();
  }
}

function detached(job: JobView, flags: Flags, terminal: Terminal): ExitCode {
  terminal.print(flags['json'] === true ? `${JSON.stringify(job)}\n` : `${job.id}\n`);
  return EXIT.verified;
}

async function followToTheEnd(job: JobView, place: PlaceOfWork, flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const json = flags['json'] === true;
  if (terminal.isInteractive && !json) {
    terminal.print(`Job ${job.id}: ${placeText(job.source)} → ${placeText(job.destination)}\n`);
  }
  const ended = await follow(job.id, { client: place.client, terminal, clock: systemClock, json });
  if (ended) return exitCodeOf(ended);
  return interrupted(job.id, place, terminal);
}

/** Ctrl-C: a server's job goes on without us; one that only we run is stopped properly, with its access taken back. */
async function interrupted(jobId: string, place: PlaceOfWork, terminal: Terminal): Promise<ExitCode> {
  if (place.kind === 'server') {
    terminal.complain(`Job ${jobId} goes on in the server. "bucket-migrator stop ${jobId}" stops it.\n`);
    return EXIT.stopped;
  }
  terminal.complain('Stopping the job; once more ends the program at once.\n');
  await place.client.call('POST', `/api/jobs/${jobId}/stop`);
  terminal.complain(`Stopped. "bucket-migrator redrive ${jobId}" goes on with it.\n`);
  return EXIT.stopped;
}
