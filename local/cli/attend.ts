import { isoTime, type EpochMs } from '../../domain/time.ts';
import type { JobView } from '../../domain/views.ts';
import { ApiProblem } from './api-client.ts';
import { askForConsent, askAboutName, type Answered } from './ask.ts';
import { EXIT, exitCodeOf, follow, hasEnded, type ExitCode } from './follow.ts';
import type { Attendance } from './attendance.ts';

/**
 * Stays with a job: shows it, and at every question either gets its answer on the terminal or ends, saying how to go on.
 *
 *   question     on a terminal                     without one
 *   consent      asked for the bucket's name       4, unless it was given with the command
 *   name         asked for a choice                4
 *   quarantine   0, and until when it lasts        the same
 */
export async function attend(job: JobView, attendance: Attendance): Promise<ExitCode> {
  const { place, terminal, json, clock } = attendance;
  const isEnough = (seen: JobView) => needsPerson(seen, clock.nowMs());
  for (;;) {
    const seen = await follow(job.id, { client: place.client, terminal, clock, json }, isEnough);
    if (!seen) return interrupted(job, attendance);
    if (hasEnded(seen)) return exitCodeOf(seen);
    const answered = await answerFor(seen, attendance);
    if (answered === 'in-quarantine') return EXIT.verified;
    if (answered === 'not-now') return terminal.interrupted.aborted ? interrupted(seen, attendance) : EXIT.waiting;
  }
}

/** A quarantine whose time is over ends by itself within moments. */
const needsPerson = ({ migration, status }: JobView, nowMs: EpochMs): boolean =>
  status === 'running' &&
  migration?.question !== undefined &&
  (migration.question.question !== 'quarantine' || nowMs < (migration.quarantine?.endsAtMs ?? 0));

async function answerFor(job: JobView, attendance: Attendance): Promise<Answered | 'in-quarantine'> {
  try {
    switch (job.migration?.question?.question) {
      case 'consent':
        return await askForConsent(job, attendance);
      case 'name':
        return await askAboutName(job, attendance);
      case 'quarantine':
        return tellQuarantine(job, attendance);
      case undefined:
        return 'answered';
    }
  } catch (error) {
    // Somebody else was faster, or what is proven has changed: the next look shows what is now.
    if (!(error instanceof ApiProblem) || error.view.status !== 409) throw error;
    attendance.terminal.complain(`${error.message} ${error.view.remedy ?? ''}\n`);
    return attendance.terminal.ask && !attendance.json ? 'answered' : 'not-now';
  }
}

function tellQuarantine({ id, migration }: JobView, { place, terminal }: Attendance): 'in-quarantine' {
  const bucket = migration?.temporaryBucket?.bucket ?? '';
  const endsAtMs = migration?.quarantine?.endsAtMs;
  const until = endsAtMs === undefined ? '' : ` until ${isoTime(endsAtMs)}`;
  const after = place.kind === 'server' ? 'The server deletes it then.' : `"bucket-migrator follow ${id}" deletes it then.`; // prettier-ignore
  terminal.complain(
    `Everything is verified under its name. The temporary bucket ${bucket} stays${until}. ${after}\n` +
      `"bucket-migrator end-quarantine ${id} --bucket ${bucket}" deletes it before.\n`,
  );
  return 'in-quarantine';
}

/**
 * Ctrl-C: a server's job goes on without us. A copy that only we run is stopped properly, with its access taken back; a
 * migration waits where it is, because bringing it back is a decision and not a way to leave a program.
 */
async function interrupted(job: JobView, { place, terminal }: Attendance): Promise<ExitCode> {
  if (place.kind === 'server') {
    terminal.complain(`Job ${job.id} goes on in the server. "bucket-migrator stop ${job.id}" stops it.\n`);
    return EXIT.stopped;
  }
  if (job.kind === 'migrate') {
    terminal.complain(
      `Job ${job.id} waits where it is; the source bucket stays frozen while it stands. ` +
        `"bucket-migrator follow ${job.id}" goes on with it, "bucket-migrator stop ${job.id}" brings it back.\n`,
    );
    return EXIT.stopped;
  }
  terminal.complain('Stopping the job; once more ends the program at once.\n');
  await place.client.call('POST', `/api/jobs/${job.id}/stop`);
  terminal.complain(`Stopped. "bucket-migrator redrive ${job.id}" goes on with it.\n`);
  return EXIT.stopped;
}
