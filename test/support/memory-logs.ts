import type { LogEvent, TaskLogs } from '../../domain/ports.ts';
import type { EpochMs } from '../../domain/time.ts';

/** Task logs in memory. */
export class MemoryLogs implements TaskLogs {
  readonly events: LogEvent[] = [];

  async append(stream: string, message: string, atMs: EpochMs): Promise<void> {
    this.events.push({ stream, message, atMs });
  }

  async *read(streamPrefix: string, sinceMs: EpochMs, untilMs: EpochMs): AsyncGenerator<LogEvent> {
    for (const event of this.events) {
      if (event.stream.startsWith(streamPrefix) && event.atMs >= sinceMs && event.atMs < untilMs) yield event;
    }
  }

  async tail(streamPrefix: string, eventsMax: number): Promise<readonly LogEvent[]> {
    return this.events
      .filter((event) => event.stream.startsWith(streamPrefix))
      .sort((left, right) => left.atMs - right.atMs)
      .slice(-eventsMax);
  }
}
