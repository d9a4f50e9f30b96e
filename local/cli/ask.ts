import type { ConsentInput, DecisionInput, JobView, ProofView } from '../../domain/views.ts';
import type { Attendance } from './attendance.ts';
import { consentCommand, consentLines, DECISION_WORDS, nameLines } from './decision-words.ts';
import { countText } from './words.ts';

/** `not-now`: nobody answered, and what to do was said. */
export type Answered = 'answered' | 'not-now';

/** Mistakes in typing until the question is left for later. */
const TRIES_MAX = 5;

export async function askForConsent(job: JobView, attendance: Attendance): Promise<Answered> {
  const proof = job.migration?.proof;
  if (!proof) return 'answered';
  const { ahead, terminal, json, place } = attendance;
  const isCovered = ahead && ahead.bucket === proof.source.bucket && ahead.lostVersionCount === proof.lostVersionCount;
  if (isCovered) {
    await consent(job.id, { bucket: ahead.bucket, digest: proof.digest, ...lostOf(proof) }, place);
    return 'answered';
  }
  // Nobody decides about what they cannot read: on a terminal it is printed, otherwise beside the machine's lines.
  const say = terminal.ask && !json ? terminal.print : terminal.complain;
  say(`${consentLines(job, proof).join('\n')}\n`);
  const typed = terminal.ask && !json ? await typeConsent(proof, attendance) : undefined;
  if (!typed) {
    terminal.complain(`Nothing is deleted. To go on: ${consentCommand(job.id, proof)}\n`);
    return 'not-now';
  }
  await consent(job.id, typed, place);
  return 'answered';
}

const consent = (jobId: string, typed: ConsentInput, { client }: Attendance['place']): Promise<unknown> =>
  client.call('POST', `/api/jobs/${jobId}/consent`, typed);

const lostOf = ({ lostVersionCount }: ProofView): Pick<ConsentInput, 'lostVersionCount'> =>
  lostVersionCount > 0 ? { lostVersionCount } : {};

async function typeConsent(proof: ProofView, attendance: Attendance): Promise<ConsentInput | undefined> {
  const { bucket } = proof.source;
  const named = await typeExactly(bucket, 'Type the name of the bucket to go on, or nothing for not now: ', attendance);
  if (!named) return undefined;
  const lost = String(proof.lostVersionCount);
  const question = `Type how many old versions are lost (${countText(proof.lostVersionCount)}) to go on: `;
  if (proof.lostVersionCount > 0 && !(await typeExactly(lost, question, attendance))) return undefined;
  return { bucket, digest: proof.digest, ...lostOf(proof) };
}

/** False when nothing is typed, or nobody is there. */
async function typeExactly(expected: string, question: string, { terminal }: Attendance): Promise<boolean> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const typed = await terminal.ask?.(question);
    if (typed === undefined || typed === '') return false;
    if (typed === expected) return true;
    terminal.complain('That is not exactly it.\n');
  }
  return false;
}

export async function askAboutName(job: JobView, { terminal, json, place }: Attendance): Promise<Answered> {
  const say = terminal.ask && !json ? terminal.print : terminal.complain;
  say(`${nameLines(job).join('\n')}\n`);
  const typed = terminal.ask && !json ? await terminal.ask('Your choice, or nothing for not now: ') : undefined;
  const choice = parseDecision(typed ?? '');
  if (!choice) {
    terminal.complain(`The job goes on asking for the name. To decide: bucket-migrator decide ${job.id} CHOICE\n`);
    return 'not-now';
  }
  await place.client.call('POST', `/api/jobs/${job.id}/decision`, choice);
  return 'answered';
}

/** `other-name NAME` and its kin, as typed in one line; undefined for what is no choice. */
export function parseDecision(typed: string): DecisionInput | undefined {
  const [word = '', bucket] = typed.trim().split(/\s+/);
  const choice = DECISION_WORDS.find((one) => one === word);
  return choice && { choice, ...(bucket === undefined ? {} : { bucket }) };
}
