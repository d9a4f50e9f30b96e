import type { JobView } from '../../domain/views.ts';
import { systemClock } from '../system-time.ts';
import type { ApiClient } from './api-client.ts';
import { attend } from './attend.ts';
import { EXIT, type ExitCode } from './follow.ts';
import type { ConsentAhead } from './migrate-request.ts';
import type { Flags } from './parse-command.ts';
import { openPlaceOfWork } from './place-of-work.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';
import { destinationText, placeText } from './words.ts';

export type Beginning = Readonly<{ command: string; flags: Flags; terminal: Terminal; ahead?: ConsentAhead }>;

/** Asks for something that makes a job run, and stays with the job until it has ended or needs a person. */
export async function begin(
  { command, flags, terminal, ahead }: Beginning,
  ask: (client: ApiClient) => Promise<JobView>,
): Promise<ExitCode> {
  const place = await openPlaceOfWork(flags, terminal);
  const json = flags['json'] === true;
  try {
    if (flags['detach'] === true && place.kind !== 'server') {
      const message =
        'No server runs on this data directory, and a job cannot outlive this program: leave --detach out.';
      throw new UsageError(message, command);
    }
    const job = await ask(place.client);
    if (flags['detach'] === true) {
      terminal.print(json ? `${JSON.stringify(job)}\n` : `${job.id}\n`);
      return EXIT.verified;
    }
    if (terminal.isInteractive && !json) {
      terminal.print(`Job ${job.id}: ${placeText(job.source)} → ${destinationText(job)}\n`);
    }
    return await attend(job, { place, terminal, json, clock: systemClock, ...(ahead ? { ahead } : {}) });
  } finally {
    await place.close();
  }
}
