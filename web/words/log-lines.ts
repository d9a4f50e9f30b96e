import { parseTaskLogLine, type TaskLogLine } from '../../domain/task-log.ts';
import type { LogsView } from '../../domain/views.ts';
import type { EpochMs } from '../../domain/time.ts';
import { formatCount } from './numbers.ts';

const LEVELS = ['info', 'warning', 'error'] as const;
export type LogLevel = (typeof LEVELS)[number];
/** A line of a task's log for people. `line` is missing where a process printed something of its own. */
export type ShownLine = Readonly<{
  id: string;
  atMs: EpochMs;
  task: string;
  level: LogLevel;
  text: string;
  line?: TaskLogLine;
}>;

export function shownLines(events: LogsView['events']): ShownLine[] {
  return events.map((event, index) => {
    const line = parseTaskLogLine(event.message);
    const base = { id: `${event.stream} ${event.atMs} ${index}`, atMs: event.atMs, task: taskOf(event.stream) };
    return line ? { ...base, level: line.level, text: textOf(line), line } : { ...base, ...plainLine(event.message) };
  });
}

/** What a process printed on its own is kept as `{ level, message }`; anything else is shown as it is. */
function plainLine(text: string): { level: LogLevel; text: string } {
  try {
    const { level, message } = JSON.parse(text) as { level?: unknown; message?: unknown };
    const known = LEVELS.find((one) => one === level);
    if (typeof message === 'string') return { level: known ?? 'info', text: message };
  } catch {
    // Not JSON.
  }
  return { level: 'info', text };
}

/** `job/transfer/copy/7` → `copy 7`; plan and verify have one stream each, called 0. */
function taskOf(stream: string): string {
  const [, , task = stream, shard = '0'] = stream.split('/');
  return task === 'copy' ? `copy ${shard}` : task;
}

function textOf(line: TaskLogLine): string {
  if (line.message) return line.message;
  const verb = line.task === 'plan' ? 'listed' : line.task === 'verify' ? 'verified' : 'copied';
  const parts = [
    `${line.event}: ${formatCount(line.copiedCount)} ${verb}`,
    line.skippedCount > 0 ? `${formatCount(line.skippedCount)} skipped` : '',
    line.failedCount > 0 ? `${formatCount(line.failedCount)} failed` : '',
    line.inFlight > 0 ? `${formatCount(line.inFlight)} in flight` : '',
    line.throttledCount > 0 ? `asked to slow down ${formatCount(line.throttledCount)} times` : '',
  ];
  return parts.filter(Boolean).join(', ');
}

export type LogFilter = Readonly<{ text: string; level: LogLevel | 'all'; task: string }>;

export function filterLines(lines: readonly ShownLine[], filter: LogFilter): ShownLine[] {
  const text = filter.text.trim().toLowerCase();
  return lines.filter(
    (line) =>
      (filter.level === 'all' || line.level === filter.level) &&
      (filter.task === '' || line.task === filter.task) &&
      (text === '' || line.text.toLowerCase().includes(text)),
  );
}

/** The newest line of every task that has not ended, for the list of running tasks. */
export function runningTasks(lines: readonly ShownLine[]): (ShownLine & { line: TaskLogLine })[] {
  const newest = new Map<string, ShownLine & { line: TaskLogLine }>();
  for (const shown of lines) {
    if (shown.line) newest.set(shown.task, { ...shown, line: shown.line });
  }
  return [...newest.values()].filter(({ line }) => line.event === 'started' || line.event === 'progress');
}
