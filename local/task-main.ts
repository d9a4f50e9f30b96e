import { TaskStoppedError } from '../domain/errors.ts';
import { runTask } from '../fargate-task/run-task.ts';
import { createStorageAccess } from '../s3/access.ts';
import { openConnections } from './connections.ts';
import { credentialsOf } from './credentials.ts';
import { openDirectoryStore } from './store.ts';
import { systemClock, systemRandom } from './system-time.ts';
import { DATA_DIRECTORY_VARIABLE, ORPHAN_MS } from './tasks.ts';

/** The process of one task: it works for the server that started it, and does not outlive it. */
async function main(): Promise<number> {
  const dataDirectory = process.env[DATA_DIRECTORY_VARIABLE];
  if (dataDirectory === undefined) throw new Error(`${DATA_DIRECTORY_VARIABLE} does not say where the documents are`);
  const documents = openDirectoryStore(dataDirectory);
  const connections = openConnections(documents);
  const storage = createStorageAccess({ connections, credentialsOf, clock: systemClock, random: systemRandom });
  return await runTask(
    process.argv.slice(2),
    {
      documents,
      connections,
      storage,
      clock: systemClock,
      random: systemRandom,
      log: (line) => void process.stdout.write(`${JSON.stringify(line)}\n`),
    },
    stopSignal(),
  );
}

/** Aborts when the task is asked to stop. A dead server asks by its silence, and then nothing is waited for. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const ask = (): void => stop.abort(new TaskStoppedError('The task was asked to stop.'));
  process.once('SIGTERM', ask);
  process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole group; the server tells its tasks itself
  process.stdout.on('error', () => undefined); // the reader is gone
  process.once('disconnect', () => {
    ask();
    setTimeout(() => process.exit(1), ORPHAN_MS);
  });
  return stop.signal;
}

/** Lines that are still on their way to the pipe are written before the process ends. */
const flushed = (): Promise<void> => new Promise((resolve) => process.stdout.write('', () => resolve()));

const exitCode = await main();
await flushed();
process.exit(exitCode);
