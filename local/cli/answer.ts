import type { DecisionInput, JobView } from '../../domain/views.ts';
import { begin } from './begin.ts';
import { jobPath } from './copy.ts';
import { parseWholeNumber } from './copy-request.ts';
import { DECISION_WORDS } from './decision-words.ts';
import type { ExitCode } from './follow.ts';
import type { Flags } from './parse-command.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

type Words = readonly string[];

/** The answers of somebody who could not be asked on a terminal; afterwards the job is followed. */
export async function consent(words: Words, flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const lost = flags['lost-versions'];
  const typed = {
    bucket: needed(flags, 'bucket', 'consent'),
    digest: needed(flags, 'digest', 'consent'),
    ...(typeof lost === 'string' ? { lostVersionCount: parseWholeNumber(lost, 'lost-versions', 'consent') } : {}),
  };
  return begin({ command: 'consent', flags, terminal }, (client) =>
    client.call<JobView>('POST', `${jobPath(words)}/consent`, typed),
  );
}

export async function decide(words: Words, flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const choice = DECISION_WORDS.find((word) => word === words[1]);
  if (!choice) throw new UsageError(`"${words[1] ?? ''}" is none of ${DECISION_WORDS.join(', ')}.`, 'decide');
  const { bucket } = flags;
  const decision: DecisionInput = { choice, ...(typeof bucket === 'string' ? { bucket } : {}) };
  return begin({ command: 'decide', flags, terminal }, (client) =>
    client.call<JobView>('POST', `${jobPath(words)}/decision`, decision),
  );
}

export async function endQuarantine(words: Words, flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const typed = { bucket: needed(flags, 'bucket', 'end-quarantine') };
  return begin({ command: 'end-quarantine', flags, terminal }, (client) =>
    client.call<JobView>('POST', `${jobPath(words)}/quarantine`, typed),
  );
}

function needed(flags: Flags, flag: string, command: string): string {
  const value = flags[flag];
  if (typeof value === 'string') return value;
  throw new UsageError(`"${command}" needs --${flag}.`, command);
}
