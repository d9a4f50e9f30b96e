import type { JobView } from '../../domain/views.ts';
import { SECOND_MS, type Clock } from '../../domain/time.ts';
import type { ApiClient } from './api-client.ts';
import { ApiProblem } from './api-client.ts';
import { outcomeLines, progressLine } from './progress-line.ts';
import type { Terminal } from './terminal.ts';
import { needsDecision } from './words.ts';

export const EXIT = { verified: 0, failed: 1, usage: 2, stopped: 3, waiting: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const CLEAR_LINE = '\r\u001b[2K';
/** A server that is started again takes seconds; longer and it is gone. */
const SILENCE_LOOKS_MAX = 30;

export type FollowPorts = Readonly<{ client: ApiClient; terminal: Terminal; clock: Clock; json: boolean }>;

/**
 * Shows the job until it has ended or `isEnough` (answers it), or until the person has had enough (answers undefined).
 */
export async function follow(
  jobId: string,
  ports: FollowPorts,
  isEnough: (job: JobView) => boolean = () => false,
): Promise<JobView | undefined> {
  const { terminal, clock } = ports;
  let silentLooks = 0;
  while (!terminal.interrupted.aborted) {
    const job = await look(jobId, ports.client);
    silentLooks = job ? 0 : silentLooks + 1;
    if (silentLooks > SILENCE_LOOKS_MAX)
      throw new Error(`The server does not answer any more. Job ${jobId} goes on when it is started again.`);
    if (job) show(job, ports);
    if (job && hasEnded(job)) return job;
    if (job && isEnough(job)) return endLine(job, ports);
    await clock.sleep(SECOND_MS, terminal.interrupted).catch(() => undefined);
  }
  if (terminal.isInteractive) terminal.print('\n');
  return undefined;
}

/** The line that changed in place is left as it is; what follows is written under it. */
function endLine(job: JobView, { terminal, json }: FollowPorts): JobView {
  if (terminal.isInteractive && !json) terminal.print('\n');
  return job;
}

/** Undefined when the server is not there just now. */
async function look(jobId: string, client: ApiClient): Promise<JobView | undefined> {
  try {
    return await client.call<JobView>('GET', `/api/jobs/${jobId}`);
  } catch (error) {
    if (error instanceof ApiProblem && error.view.status < 500) throw error;
    return undefined;
  }
}

function show(job: JobView, { terminal, json }: FollowPorts): void {
  if (json || !terminal.isInteractive) return terminal.print(`${JSON.stringify(job)}\n`);
  terminal.print(CLEAR_LINE + progressLine(job, terminal.columns() - 1));
  if (hasEnded(job)) terminal.print(`\n${outcomeLines(job).join('\n')}\n`);
}

export const hasEnded = (job: JobView): boolean => job.status !== 'running' && job.status !== 'stopping';

export function exitCodeOf(job: JobView): ExitCode {
  switch (job.status) {
    case 'succeeded':
      return EXIT.verified;
    case 'failed':
      return EXIT.failed;
    case 'stopped':
      return EXIT.stopped;
    case 'running':
    case 'stopping':
      return needsDecision(job) ? EXIT.waiting : EXIT.stopped; // no longer followed
  }
}
