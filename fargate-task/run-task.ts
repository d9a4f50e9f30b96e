import { setMaxListeners } from 'node:events';
import { jsonText, readJob } from '../domain/document-access.ts';
import { MigrationError, retryClassOf, TaskStoppedError } from '../domain/errors.ts';
import { paths, type HaltDocument, type TransferName } from '../domain/job-documents.ts';
import type { TaskCommand } from '../domain/ports.ts';
import { parseTaskCommand } from '../domain/task-command.ts';
import { copyShard } from './copy.ts';
import { discardCopies } from './discard.ts';
import { emptyPart } from './empty.ts';
import { planTransfer } from './plan.ts';
import { proveBothSides } from './prove.ts';
import { ShardTakenOverError } from './shard-checkpoint.ts';
import { EXIT, type ExitCode, type Task, type TaskPorts } from './task-ports.ts';
import { TaskReporter } from './task-reporter.ts';
import { verifyTransfer } from './verify.ts';

/**
 * Runs the task that the words name (`domain/task-command.ts`) and answers with the code its process ends with. Never
 * rejects. A task that was asked to stop by `signal` keeps what it has done.
 */
export async function runTask(words: readonly string[], ports: TaskPorts, signal: AbortSignal): Promise<ExitCode> {
  const command = readCommand(words);
  if (!command) return EXIT.misused;
  setMaxListeners(0, signal); // every request in flight listens to it, which Node would take for a leak
  const reporter = new TaskReporter(command, ports);
  try {
    const job = await readJob(ports.documents, command.jobId);
    await reporter.during(() => run(command, { job, ports, reporter, signal }));
    return EXIT.done;
  } catch (error) {
    const code = signal.aborted ? EXIT.stopped : exitCodeOf(error);
    reporter.counts.inFlight = 0;
    if (code === EXIT.stopped) reporter.say('stopped');
    else reporter.say('failure', describe(error), code === EXIT.superseded ? 'warning' : 'error');
    return code;
  }
}

function readCommand(words: readonly string[]): TaskCommand | undefined {
  try {
    return parseTaskCommand(words);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

type Surroundings = Omit<Task, 'command'>;

async function run(command: TaskCommand, surroundings: Surroundings): Promise<void> {
  switch (command.task) {
    case 'copy':
      return await copyShard({ ...surroundings, command });
    case 'empty':
      return await emptyPart({ ...surroundings, command });
    case 'plan': {
      const task = { ...surroundings, command };
      return await orHalt(task, haltPath(command, command.transfer), async () => {
        await planTransfer(task);
        task.reporter.say('finished');
      });
    }
    case 'verify': {
      const task = { ...surroundings, command };
      return await orHalt(task, haltPath(command, command.transfer), () => verifyTransfer(task));
    }
    case 'prove': {
      const task = { ...surroundings, command };
      return await orHalt(task, haltPath(command, 'copy'), () => proveBothSides(task));
    }
    case 'discard': {
      const task = { ...surroundings, command };
      return await orHalt(task, haltPath(command, 'copy'), () => discardCopies(task));
    }
  }
}

const haltPath = (command: Exclude<TaskCommand, { task: 'copy' | 'empty' }>, transfer: TransferName): string =>
  paths.halt(command.jobId, transfer, command.task);

/** An error that no retry changes is the task's outcome: it is written down for the state that reads it. */
async function orHalt(task: Task, path: string, work: () => Promise<void>): Promise<void> {
  const { documents, clock } = task.ports;
  await documents.remove(path);
  task.reporter.say('started');
  try {
    await work();
  } catch (error) {
    if (!(error instanceof MigrationError) || error.retry !== 'never') throw error;
    const halt: HaltDocument = {
      error: error.name,
      message: error.message,
      remedy: error.remedy,
      atMs: clock.nowMs(),
    };
    await documents.write(path, jsonText(halt));
    task.reporter.say('failure', `${error.message} ${error.remedy}`, 'error');
  }
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof TaskStoppedError) return EXIT.stopped;
  if (error instanceof ShardTakenOverError) return EXIT.superseded;
  if (error instanceof MigrationError && retryClassOf(error) !== 'never') return EXIT.unavailable;
  return EXIT.crashed;
}

/** What the product knows is told in one sentence; anything else is a fault of ours, and its trace is wanted. */
function describe(error: unknown): string {
  if (error instanceof MigrationError) return `${error.name}: ${error.message} ${error.remedy}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
