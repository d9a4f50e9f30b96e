import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { logPlaceOf, logStreamName } from '../domain/task-log.ts';
import { parseTaskCommand } from '../domain/task-command.ts';
import type { TaskCommand } from '../domain/ports.ts';
import { isoTime, SECOND_MS, type Clock, type EpochMs } from '../domain/time.ts';
import { EXIT } from '../fargate-task/task-ports.ts';

/** What runTask.sync answers, as far as one machine can tell it; names as Step Functions writes them. */
export type TaskDescription = Readonly<{
  TaskArn: string;
  LastStatus: 'STOPPED';
  StartedAt: string;
  StoppedAt: string;
  StoppedReason: string;
  Containers: readonly Readonly<{ Name: string; ExitCode: number | null; Reason?: string }>[];
}>;

export type TaskRunnerOptions = Readonly<{
  /** The built task: a file that plain Node runs. */
  entry: string;
  /** Where the task finds the job documents. */
  dataDirectory: string;
  logs: Readonly<{ append(stream: string, message: string, atMs: EpochMs): Promise<void> }>;
  clock: Clock;
  /** The child's environment; this process's own when left out. */
  env?: NodeJS.ProcessEnv;
  /** From SIGTERM to SIGKILL. */
  graceMs?: number;
}>;

export type RunTaskContext = Readonly<{ signal: AbortSignal; heartbeat: () => void }>;

export interface TaskRunner {
  /**
   * Runs the command of `Overrides.ContainerOverrides[0].Command` as a child process and resolves when it ended with
   * 0. Rejects with an error named States.TaskFailed, whose cause is the JSON of the task, when it ended otherwise;
   * with the signal's reason when it was aborted, and then only once the process is gone.
   */
  runTask(args: Readonly<Record<string, unknown>>, context: RunTaskContext): Promise<TaskDescription>;
}

/** ASL matches this name; the cause is JSON, as the console would show it. */
export class TaskFailedError extends Error {
  override readonly name = 'States.TaskFailed';

  constructor(task: TaskDescription, ending: Readonly<{ ExitCode: number | null; Signal: string | null }>) {
    super(task.StoppedReason, { cause: JSON.stringify({ ...task, ...ending }) });
  }
}

const GRACE_MS = 10 * SECOND_MS;
/** How long a task may outlive the server that started it: time for the checkpoint of what is done, no more. */
export const ORPHAN_MS = 0.5 * SECOND_MS;
export const DATA_DIRECTORY_VARIABLE = 'BUCKET_MIGRATOR_DATA';

export function createTaskRunner(options: TaskRunnerOptions): TaskRunner {
  return { runTask: async (args, context) => await new ChildTask(options, context, wordsOf(args)).run() };
}

function wordsOf(args: Readonly<Record<string, unknown>>): readonly string[] {
  const { Overrides } = args as { Overrides?: { ContainerOverrides?: { Command?: unknown }[] } };
  const words = Overrides?.ContainerOverrides?.[0]?.Command;
  if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words;
  throw new RangeError('the task has no command of words');
}

/** How a process ended. */
type Ending = Readonly<{ exitCode: number | null; signal: NodeJS.Signals | null; ranOutOfMemory: boolean }>;

class ChildTask {
  private readonly options: TaskRunnerOptions;
  private readonly context: RunTaskContext;
  private readonly words: readonly string[];
  private readonly command: TaskCommand;
  private readonly stream: string;
  private ranOutOfMemory = false;
  private writing: Promise<unknown> = Promise.resolve();

  constructor(options: TaskRunnerOptions, context: RunTaskContext, words: readonly string[]) {
    this.options = options;
    this.context = context;
    this.words = words;
    this.command = parseTaskCommand(words);
    const { transfer, task, shard } = logPlaceOf(this.command);
    this.stream = logStreamName(this.command.jobId, transfer, task, shard);
  }

  async run(): Promise<TaskDescription> {
    const { signal } = this.context;
    signal.throwIfAborted();
    const startedAtMs = this.options.clock.nowMs();
    const child = this.start();
    const ended = this.endOf(child);
    const killer = this.stopOnAbort(child);
    try {
      const ending = await ended;
      await this.writing;
      signal.throwIfAborted();
      const description = describe(child, ending, startedAtMs, this.options.clock.nowMs());
      if (ending.exitCode === 0) return description;
      throw new TaskFailedError(description, { ExitCode: ending.exitCode, Signal: ending.signal });
    } finally {
      killer.cancel();
    }
  }

  /** The channel is there to end: when this process dies, however it dies, the child's end of it closes. */
  private start(): ChildProcess {
    const { entry, dataDirectory, env = process.env } = this.options;
    return spawn(process.execPath, ['--enable-source-maps', entry, ...this.words], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...env,
        [DATA_DIRECTORY_VARIABLE]: dataDirectory,
        // The SDK's notice about coming Node versions would stand in every task's log as an error.
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      },
    });
  }

  private async endOf(child: ChildProcess): Promise<Ending> {
    const read = Promise.all([
      this.follow(child.stdout, (line) => line),
      this.follow(child.stderr, (line) => this.errorLine(line)),
    ]);
    const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, reason) => resolve([code, reason]));
    });
    await read;
    return { exitCode, signal, ranOutOfMemory: this.ranOutOfMemory };
  }

  private async follow(output: Readable | null, format: (line: string) => string): Promise<void> {
    if (!output) return;
    for await (const line of createInterface({ input: output })) {
      if (line === '') continue;
      this.context.heartbeat();
      const { logs, clock } = this.options;
      const written = logs.append(this.stream, format(line), clock.nowMs()).catch(() => undefined);
      this.writing = Promise.all([this.writing, written]); // a log that cannot be written stops no copying
    }
  }

  private errorLine(message: string): string {
    this.ranOutOfMemory ||= message.includes('heap out of memory');
    return JSON.stringify({ time: isoTime(this.options.clock.nowMs()), level: 'error', message });
  }

  private stopOnAbort(child: ChildProcess): { cancel: () => void } {
    const { signal } = this.context;
    let deadline: NodeJS.Timeout | undefined;
    const stop = (): void => {
      child.kill('SIGTERM');
      deadline = setTimeout(() => child.kill('SIGKILL'), this.options.graceMs ?? GRACE_MS);
    };
    signal.addEventListener('abort', stop, { once: true });
    return {
      cancel: () => {
        signal.removeEventListener('abort', stop);
        clearTimeout(deadline);
      },
    };
  }
}

function describe(child: ChildProcess, ending: Ending, startedAtMs: EpochMs, stoppedAtMs: EpochMs): TaskDescription {
  const reason = reasonOf(ending);
  const container = { Name: 'task', ExitCode: ending.exitCode };
  return {
    TaskArn: `process/${child.pid ?? 0}`,
    LastStatus: 'STOPPED',
    StartedAt: isoTime(startedAtMs),
    StoppedAt: isoTime(stoppedAtMs),
    StoppedReason: reason,
    Containers: [ending.exitCode === 0 ? container : { ...container, Reason: reason }],
  };
}

/** Told for the console; the log has the rest. */
function reasonOf({ exitCode, signal, ranOutOfMemory }: Ending): string {
  if (ranOutOfMemory) return 'The task ran out of memory.';
  if (signal !== null) return `The task was killed by ${signal}.`;
  switch (exitCode) {
    case EXIT.done:
      return 'The task ended.';
    case EXIT.unavailable:
      return 'The task met something that a pause may heal; its log tells what.';
    case EXIT.stopped:
      return 'The task was asked to stop.';
    case EXIT.superseded:
      return 'Another attempt has taken the shard.';
    default:
      return `The task crashed with exit code ${exitCode ?? 'none'}; its log tells where.`;
  }
}
