import { createInterface } from 'node:readline/promises';

/** Where the command line writes and what it may know of it; tests give their own. */
export type Terminal = Readonly<{
  print(text: string): void;
  complain(text: string): void;
  isInteractive: boolean;
  columns(): number;
  /** One typed line; undefined when nobody types any more. Left out where nobody can be asked. */
  ask?: (question: string) => Promise<string | undefined>;
  /** Resolves at the first Ctrl-C or SIGTERM; the second one ends the process by itself. */
  interrupted: AbortSignal;
}>;

const DEFAULT_COLUMNS = 80;

export function processTerminal(): Terminal {
  const interruption = new AbortController();
  const onSignal = (): void => {
    if (interruption.signal.aborted) process.exit(130);
    interruption.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // Whoever reads us may stop reading ("| head"): nothing is left to say then.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    print: (text) => void process.stdout.write(text),
    complain: (text) => void process.stderr.write(text),
    isInteractive: process.stdout.isTTY === true,
    columns: () => process.stdout.columns || DEFAULT_COLUMNS,
    ...(process.stdin.isTTY ? { ask: (question: string) => askLine(question, interruption.signal) } : {}),
    interrupted: interruption.signal,
  };
}

async function askLine(question: string, signal: AbortSignal): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  // While a line is typed the keyboard's Ctrl-C is told to the reader and not to the process.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const hasClosed = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
  try {
    return await Promise.race([lines.question(question, { signal }), hasClosed]);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    lines.close();
  }
}
