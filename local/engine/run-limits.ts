import type { EpochMs } from '../../domain/time.ts';
import type { Place } from './data.ts';
import { StateFailure } from './errors.ts';
import { linkedController, reasonOf, sleepUntil, type LinkedController } from './signals.ts';

export type TimeLimits = Readonly<{ endsAtMs: EpochMs | undefined; heartbeatMs: number | undefined }>;

/**
 * Aborts the work with States.Timeout or States.HeartbeatTimeout when its time is over, and throws that once the work
 * has ended. Heartbeats are not kept: after a crash the time between two of them begins anew.
 */
export async function withTimeLimits<Result>(
  place: Place,
  limits: TimeLimits,
  work: (limits: { signal: AbortSignal; beat: () => void }) => Promise<Result>,
): Promise<Result> {
  const { clock } = place.run.services;
  const task = linkedController(place.signal);
  const timers = linkedController(task.signal);
  let lastBeatMs = clock.nowMs();
  if (limits.endsAtMs !== undefined) watchEnd(place, limits.endsAtMs, task, timers.signal);
  if (limits.heartbeatMs !== undefined)
    watchHeartbeat(place, limits.heartbeatMs, () => lastBeatMs, task, timers.signal);
  try {
    const result = await work({ signal: task.signal, beat: () => (lastBeatMs = clock.nowMs()) });
    if (task.signal.aborted) throw reasonOf(task.signal);
    return result;
  } catch (error) {
    throw task.signal.aborted ? reasonOf(task.signal) : error;
  } finally {
    timers.abort(WORK_HAS_ENDED);
    timers.unlink();
    task.unlink();
  }
}

/** Nobody sees it: whoever waits for a timer is told only that it is over. */
const WORK_HAS_ENDED = new Error('the work has ended');

function watchEnd({ run }: Place, endsAtMs: EpochMs, task: LinkedController, timers: AbortSignal): void {
  sleepUntil(run.services.clock, endsAtMs, timers).then(
    () => task.abort(new StateFailure('States.Timeout', 'the TimeoutSeconds of the state passed')),
    () => undefined, // the work ended first
  );
}

function watchHeartbeat(
  { run }: Place,
  heartbeatMs: number,
  lastBeatMs: () => number,
  task: LinkedController,
  timers: AbortSignal,
): void {
  const dueMs = (): EpochMs => (lastBeatMs() + heartbeatMs) as EpochMs;
  const watch = async (): Promise<void> => {
    while (run.services.clock.nowMs() < dueMs()) await sleepUntil(run.services.clock, dueMs(), timers);
    task.abort(
      new StateFailure('States.HeartbeatTimeout', 'the HeartbeatSeconds of the state passed without a heartbeat'),
    );
  };
  watch().catch(() => undefined); // the work ended first
}
