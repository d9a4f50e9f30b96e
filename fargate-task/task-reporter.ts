import { logPlaceOf } from '../domain/task-log.ts';
import { displayKey } from '../domain/keys.ts';
import type { TaskCommand } from '../domain/ports.ts';
import type { TaskLogLine } from '../domain/task-log.ts';
import { isoTime, SECOND_MS, type Clock } from '../domain/time.ts';

export const PROGRESS_EVERY_MS = 2 * SECOND_MS;

export type TaskCounts = {
  copiedCount: number;
  copiedBytes: number;
  skippedCount: number;
  failedCount: number;
  inFlight: number;
  throttledCount: number;
};

/** Writes the task's log lines. The counts are cumulative, so a line that is lost or seen twice changes nothing. */
export class TaskReporter {
  attempt = 1;
  readonly counts: TaskCounts = {
    copiedCount: 0,
    copiedBytes: 0,
    skippedCount: 0,
    failedCount: 0,
    inFlight: 0,
    throttledCount: 0,
  };
  private inFlightPeak = 0;
  private readonly command: TaskCommand;
  private readonly ports: Readonly<{ clock: Clock; log: (line: TaskLogLine) => void }>;

  constructor(command: TaskCommand, ports: Readonly<{ clock: Clock; log: (line: TaskLogLine) => void }>) {
    this.command = command;
    this.ports = ports;
  }

  /** A copy is under way while `work` runs. */
  async inFlight<T>(work: () => Promise<T>): Promise<T> {
    this.counts.inFlight += 1;
    this.inFlightPeak = Math.max(this.inFlightPeak, this.counts.inFlight);
    try {
      return await work();
    } finally {
      this.counts.inFlight -= 1;
    }
  }

  say(event: TaskLogLine['event'], message?: string, level: TaskLogLine['level'] = 'info'): void {
    const { command } = this;
    // Lines fall between two batches, too, when for a moment nothing is under way.
    const inFlight = event === 'progress' ? this.inFlightPeak : this.counts.inFlight;
    this.inFlightPeak = this.counts.inFlight;
    this.ports.log({
      time: isoTime(this.ports.clock.nowMs()),
      job: command.jobId,
      ...logPlaceOf(command),
      attempt: this.attempt,
      level,
      event,
      ...this.counts,
      inFlight,
      ...(message === undefined ? {} : { message: displayKey(message) }),
    });
  }

  /** A progress line every two seconds while `work` runs. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const ended = new AbortController();
    const telling = this.tellUntil(ended.signal);
    try {
      return await work();
    } finally {
      ended.abort();
      await telling;
    }
  }

  private async tellUntil(ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      try {
        await this.ports.clock.sleep(PROGRESS_EVERY_MS, ended);
      } catch {
        return; // the work has ended
      }
      this.say('progress');
    }
  }
}
