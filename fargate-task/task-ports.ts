import type { JobDocument } from '../domain/job-documents.ts';
import type { ConnectionRegistry, DocumentStore, StorageAccess, TaskCommand } from '../domain/ports.ts';
import type { TaskLogLine } from '../domain/task-log.ts';
import type { Clock, Random } from '../domain/time.ts';
import type { TaskReporter } from './task-reporter.ts';

/** Everything a task touches. */
export type TaskPorts = Readonly<{
  documents: DocumentStore;
  storage: StorageAccess;
  connections: Pick<ConnectionRegistry, 'find'>;
  clock: Clock;
  random: Random;
  log: (line: TaskLogLine) => void;
}>;

/** One run of a task. `signal` asks it to end soon; what is remembered by then is kept. */
export type Task<Command extends TaskCommand = TaskCommand> = Readonly<{
  command: Command;
  job: JobDocument;
  ports: TaskPorts;
  reporter: TaskReporter;
  signal: AbortSignal;
}>;
export type PlanTask = Task<Extract<TaskCommand, { task: 'plan' | 'verify' }>>;
export type CopyTask = Task<Extract<TaskCommand, { task: 'copy' }>>;
export type ProveTask = Task<Extract<TaskCommand, { task: 'prove' }>>;
export type EmptyTask = Task<Extract<TaskCommand, { task: 'empty' }>>;
export type DiscardTask = Task<Extract<TaskCommand, { task: 'discard' }>>;

/**
 * What the process ends with. `done`: the outcome is written, be it an error that no retry changes. Everything else
 * may be tried again; the numbers only tell people why.
 */
export const EXIT = { done: 0, crashed: 1, misused: 64, unavailable: 75, stopped: 76, superseded: 77 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
