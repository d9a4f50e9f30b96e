import type { JobView } from '../../domain/views.ts';
import { systemClock } from '../system-time.ts';
import type { ApiClient } from './api-client.ts';
import { attend } from './attend.ts';
import { jobPath } from './copy.ts';
import { stopText } from './decision-words.ts';
import { EXIT, type ExitCode } from './follow.ts';
import type { Flags } from './parse-command.ts';
import { openPlaceOfWork } from './place-of-work.ts';
import { jobText } from './show.ts';
import type { Terminal } from './terminal.ts';

/**
 * A copy job is stopped when this ends. A migration is brought back, which is said first and then followed: 0 when the
 * source is as it was.
 */
export async function stop(words: readonly string[], flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const place = await openPlaceOfWork(flags, terminal);
  const json = flags['json'] === true;
  try {
    const before = await place.client.call<JobView>('GET', jobPath(words));
    const stopped = await askToStop(before, place.client, flags, terminal);
    const goesOn = stopped.kind === 'migrate' && stopped.status === 'running';
    if (goesOn && !(flags['detach'] === true && place.kind === 'server')) {
      const code = await attend(stopped, { place, terminal, json, clock: systemClock });
      return code === EXIT.stopped && (await isUndone(place.client, words)) ? EXIT.verified : code;
    }
    terminal.print(`${json ? JSON.stringify(stopped) : jobText(stopped, terminal.columns())}\n`);
    return EXIT.verified;
  } finally {
    await place.close();
  }
}

/** With the stage as it was shown, so that nothing is done that was not said. */
async function askToStop(job: JobView, client: ApiClient, flags: Flags, terminal: Terminal): Promise<JobView> {
  const path = `${jobPath([job.id])}/stop`;
  if (!job.migration) return client.call<JobView>('POST', path);
  const { stage, stopEffect } = job.migration;
  // Beside the lines for programs, which stand alone on the output.
  const say = terminal.isInteractive ? terminal.print : terminal.complain;
  if (stopEffect !== 'nothing' && flags['json'] !== true) say(`${stopText(stopEffect, job)}\n`);
  return client.call<JobView>('POST', path, { stage });
}

const isUndone = async (client: ApiClient, words: readonly string[]): Promise<boolean> =>
  (await client.call<JobView>('GET', jobPath(words))).phase === 'undone';
