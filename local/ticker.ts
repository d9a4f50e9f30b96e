import type { Clock } from '../domain/time.ts';

/** Does the work now and then again and again, one at a time, until stopped; a failure is told and changes nothing. */
export function every(
  waitMs: number,
  work: () => Promise<void>,
  clock: Clock,
  onProblem: (problem: unknown) => void,
): { stop(): Promise<void> } {
  const end = new AbortController();
  const loop = async (): Promise<void> => {
    while (!end.signal.aborted) {
      await work().catch(onProblem);
      await clock.sleep(waitMs, end.signal).catch(() => undefined);
    }
  };
  const running = loop();
  return {
    stop: async () => {
      end.abort();
      await running;
    },
  };
}
