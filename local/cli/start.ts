import { pageDirectory } from '../places.ts';
import { removeServerFile, writeServerFile } from '../server-file.ts';
import { startServer } from '../server/server.ts';
import { EXIT, type ExitCode } from './follow.ts';
import { parseWholeNumber } from './copy-request.ts';
import type { Flags } from './parse-command.ts';
import { dataDirectoryOf } from './place-of-work.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Serves until Ctrl-C or SIGTERM. Prints one line, which programs may wait for. */
export async function start(_words: readonly string[], flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const port = typeof flags['port'] === 'string' ? portOf(flags['port']) : 0;
  const dataDirectory = dataDirectoryOf(flags);
  const connectionsFile = flags['connections'];
  const { openSystem } = await import('../system.ts');
  const system = await openSystem({
    dataDirectory,
    sandbox: flags['no-sandbox'] !== true,
    ...(typeof connectionsFile === 'string' ? { connectionsFile } : {}),
    onProblem: (problem) => terminal.complain(`${problem instanceof Error ? (problem.stack ?? problem.message) : String(problem)}\n`), // prettier-ignore
  });
  try {
    const server = await startServer({ api: system.api, pageDirectory, port }).catch((error: unknown) => {
      throw isPortTaken(error) ? new UsageError(`Port ${port} is taken. Leave --port out to get a free one.`, 'start') : error; // prettier-ignore
    });
    await writeServerFile(dataDirectory, { port: server.port, token: system.token, pid: process.pid });
    terminal.print(`Bucket Migrator is ready: ${server.url}/#token=${system.token}\n`);
    await aborted(terminal.interrupted);
    await removeServerFile(dataDirectory);
    await server.close();
  } finally {
    await system.close();
  }
  return EXIT.verified;
}

function portOf(text: string): number {
  const port = parseWholeNumber(text, 'port', 'start');
  if (port <= 65_535) return port;
  throw new UsageError(`--port "${text}" is not a port: 0 to 65535.`, 'start');
}

const isPortTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES');

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())));
