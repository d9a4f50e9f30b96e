import { logStreamName } from '../../domain/task-log.ts';
import { parseTaskCommand } from '../../domain/task-command.ts';
import { TaskStoppedError } from '../../domain/errors.ts';
import { SECOND_MS } from '../../domain/time.ts';
import { runTask } from '../../fargate-task/run-task.ts';
import { EXIT, type TaskPorts } from '../../fargate-task/task-ports.ts';
import type { CallContext } from '../../local/engine/resources.ts';
import type { Kept } from './kept.ts';
import { Life, type Scheduler } from './scheduler.ts';

/** From the request to stop until a task is ended by force. */
const GRACE_MS = 10 * SECOND_MS;

type TaskLife = {
  readonly life: Life;
  readonly stop: AbortController;
  readonly died: Promise<'killed'>;
  kill: () => void;
};

export type TaskHostOptions = Readonly<{
  scheduler: Scheduler;
  kept: Kept;
  name: string;
  portsOf: (life: Life) => Omit<TaskPorts, 'log'>;
}>;

/** Runs tasks as processes of their own would run: each can die alone, or outlive the program that started it. */
export class TaskHost {
  private readonly running = new Map<Life, TaskLife>();
  private readonly options: TaskHostOptions;
  private startedCount = 0;

  constructor(options: TaskHostOptions) {
    this.options = options;
  }

  /** A function that is called, as a life of its own: it may die in the middle and leave its caller without an answer. */
  async call<T>(work: (life: Life) => Promise<T>): Promise<T> {
    const task = this.begin();
    const outcome = await Promise.race([work(task.life).then((value) => ({ value })), task.died]).finally(() =>
      this.end(task),
    );
    if (outcome === 'killed')
      throw Object.assign(new Error('The function died.'), { name: 'Lambda.AWSLambdaException' });
    return outcome.value;
  }

  /** The same promise as the product's own task runner. */
  async run(
    args: Readonly<Record<string, unknown>>,
    { signal, heartbeat }: CallContext & Readonly<{ heartbeat: () => void }>,
  ): Promise<unknown> {
    signal.throwIfAborted();
    const task = this.begin();
    const clock = this.options.scheduler.clockOf(task.life);
    const ask = (): void => {
      task.stop.abort(new TaskStoppedError('The task was asked to stop.'));
      clock.sleep(GRACE_MS).then(task.kill, () => undefined);
    };
    signal.addEventListener('abort', ask, { once: true });
    const code = await Promise.race([this.work(wordsOf(args), task, heartbeat), task.died]);
    signal.removeEventListener('abort', ask);
    this.end(task);
    signal.throwIfAborted();
    if (code === EXIT.done) return { LastStatus: 'STOPPED', Containers: [{ Name: 'task', ExitCode: 0 }] };
    throw taskFailed(code);
  }

  private begin(): TaskLife {
    this.startedCount += 1;
    const life = new Life(`${this.options.name}.${this.startedCount}`, 'task');
    let kill = (): void => undefined;
    const died = new Promise<'killed'>((resolve) => {
      kill = () => {
        life.isOver = true;
        this.options.scheduler.forget(life);
        resolve('killed');
      };
    });
    const task = { life, stop: new AbortController(), died, kill };
    this.running.set(life, task);
    return task;
  }

  private async work(words: readonly string[], task: TaskLife, heartbeat: () => void): Promise<number> {
    const { kept, portsOf } = this.options;
    const command = parseTaskCommand(words);
    const ports = portsOf(task.life);
    const log: TaskPorts['log'] = (line) => {
      if (task.life.isOver) return;
      heartbeat();
      kept.log(
        logStreamName(line.job, line.transfer, line.task, line.shard),
        JSON.stringify(line),
        ports.clock.nowMs(),
      );
    };
    this.options.scheduler.note(`${task.life.name} begins ${command.task} ${words.slice(3).join(' ')}`);
    return await runTask(words, { ...ports, log }, task.stop.signal);
  }

  private end(task: TaskLife): void {
    task.life.isOver = true;
    this.options.scheduler.forget(task.life);
    this.running.delete(task.life);
  }

  has(life: Life): boolean {
    return this.running.has(life);
  }

  kill(life: Life): void {
    this.running.get(life)?.kill();
  }

  /** The program is gone: its tasks die with it, or work on as long as they have something to do. */
  abandon(dieWithIt: boolean): void {
    if (dieWithIt) for (const task of this.running.values()) task.kill();
  }

  get runningCount(): number {
    return [...this.running.keys()].filter((life) => !life.isOver).length;
  }
}

function wordsOf(args: Readonly<Record<string, unknown>>): readonly string[] {
  const { Overrides } = args as { Overrides?: { ContainerOverrides?: { Command?: string[] }[] } };
  return Overrides?.ContainerOverrides?.[0]?.Command ?? [];
}

const taskFailed = (code: number | 'killed'): Error =>
  Object.assign(new Error(`The task ended with ${code}.`), {
    name: 'States.TaskFailed',
    cause: JSON.stringify({ StoppedReason: `The task ended with ${code}.`, ExitCode: code }),
  });
