import { ConnectionsFileError } from '../connections-file.ts';
import { DataDirectoryInUseError } from '../data-lock.ts';
import { version } from '../version.ts';
import { ApiProblem } from './api-client.ts';
import { commands, overallHelp, usageLine } from './commands.ts';
import { consent, decide, endQuarantine } from './answer.ts';
import { copy, followJob, migrate, redrive } from './copy.ts';
import { FLAG_OF_FIELD } from './copy-request.ts';
import { EXIT, type ExitCode } from './follow.ts';
import { job, jobs, report } from './look.ts';
import { parseCommand, type Flags } from './parse-command.ts';
import { start } from './start.ts';
import { stop } from './stop.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

export type Run = (words: readonly string[], flags: Flags, terminal: Terminal) => Promise<ExitCode>;

const runs: Readonly<Record<string, Run>> = {
  start,
  copy,
  migrate,
  consent,
  decide,
  'end-quarantine': endQuarantine,
  jobs,
  job,
  follow: followJob,
  stop,
  redrive,
  report,
};

/** Runs one command to its end. Never rejects: what goes wrong is said on the terminal and in the exit code. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    const parsed = parseCommand(argv, version);
    if (parsed.do === 'print') {
      terminal.print(parsed.text);
      return EXIT.verified;
    }
    const run = runs[parsed.command];
    if (!run) throw new UsageError(`There is no command "${parsed.command}".`);
    return await run(parsed.words, parsed.flags, terminal);
  } catch (error) {
    return complain(error, terminal);
  }
}

function complain(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof UsageError) {
    const command = error.command === undefined ? undefined : commands[error.command];
    terminal.complain(`${error.message}\n${command ? `${usageLine(error.command ?? '', command)}\n` : overallHelp()}`);
    return EXIT.usage;
  }
  if (error instanceof ApiProblem) return complainOf(error, terminal);
  if (error instanceof ConnectionsFileError) {
    terminal.complain(`${error.message}\n`);
    return EXIT.usage;
  }
  const isForPeople = error instanceof DataDirectoryInUseError;
  terminal.complain(`${isForPeople ? error.message : `Something went wrong: ${messageOf(error)}`}\n`);
  return EXIT.failed;
}

/** A request that cannot be accepted is wrong usage; the fields are named as they were typed. */
function complainOf({ view }: ApiProblem, terminal: Terminal): ExitCode {
  const fields = (view.errors ?? []).map(({ field, message }) => `  ${FLAG_OF_FIELD[field] ?? field}: ${message}`);
  terminal.complain([fields.length > 0 ? view.title : view.detail, ...fields, view.remedy ?? ''].filter(Boolean).join('\n') + '\n'); // prettier-ignore
  return view.status === 400 || view.status === 404 ? EXIT.usage : EXIT.failed;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
