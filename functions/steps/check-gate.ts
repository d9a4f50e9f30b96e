import { passMilestone, readJob, readJson, readMilestones } from '../../domain/document-access.ts';
import { GateClosedError, JobStateError } from '../../domain/errors.ts';
import { gateProblems, type GateProblem } from '../../domain/gate.ts';
import { paths } from '../../domain/job-documents.ts';
import { stageOf, type UndoDocument } from '../../domain/migration.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import type { Milestones } from '../../domain/progress.ts';
import type { ProofDocument } from '../../domain/proof.ts';
import { collectGateFacts } from './gate-facts.ts';
import type { JobInput, StepPorts } from './step-ports.ts';

/**
 * The gate before the first deletion: looks at everything once more and lets the flow pass only when every check
 * holds. From the last milestone on deletions may happen. Rejects with GateClosedError, which names every check that
 * does not hold; nothing was deleted then, or nothing more is.
 */
export async function checkGate({ jobId }: JobInput, ports: StepPorts): Promise<{ parts: number }> {
  const { documents, clock } = ports;
  const job = await readJob(documents, jobId);
  const milestones = await readMilestones(documents, jobId);
  requireStage(jobId, milestones);
  await requireNoStop(jobId, documents);
  const hasBegun = milestones['emptying-began'] !== undefined;
  const facts = await collectGateFacts(job, hasBegun, ports);
  const problems = gateProblems(facts);
  if (problems.length > 0 || !facts.proof) throw closed(jobId, problems);

  await requireUnchanged(jobId, facts.proof, documents);
  await requireNoStop(jobId, documents);
  await documents.write(paths.emptyingParts(jobId, 'source'), facts.proof.parts.map(lineOf).join(''));
  await passMilestone(documents, jobId, 'consented', clock.nowMs());
  await passMilestone(documents, jobId, 'emptying-began', clock.nowMs());
  return { parts: facts.proof.parts.length };
}

const lineOf = ({ part }: ProofDocument['parts'][number]): string => `${JSON.stringify({ part })}\n`;

function requireStage(jobId: string, milestones: Milestones): void {
  const stage = stageOf(milestones);
  const isOpen = stage === 'beginning' || stage === 'emptying';
  if (isOpen && milestones['undo-began'] === undefined) return;
  throw notNow(jobId, isOpen ? 'it is being brought back' : 'its source is deleted already');
}

/** Whoever stops a job is told what that does while nothing is deleted yet, and so it has to stay. */
async function requireNoStop(jobId: string, documents: DocumentStore): Promise<void> {
  if (await readJson<UndoDocument>(documents, paths.undo(jobId))) throw notNow(jobId, 'somebody has stopped it');
}

const notNow = (jobId: string, why: string): JobStateError =>
  new JobStateError(`Nothing of job ${jobId} is deleted at the source: ${why}.`, {
    subject: { job: jobId },
    remedy: 'Redrive the job: it looks how far it is and goes on there.',
  });

/** A stop may have voided the proof while everything was looked at. */
async function requireUnchanged(jobId: string, seen: ProofDocument, documents: DocumentStore): Promise<void> {
  const now = await readJson<ProofDocument>(documents, paths.proof(jobId));
  if (now?.digest === seen.digest && now.voidedAtMs === undefined) return;
  const reason = 'The proof was voided or replaced while the gate was checked.';
  throw closed(jobId, [{ check: 'proof-valid', reason, remedy: 'Redrive the job: it proves both sides anew.' }]);
}

function closed(jobId: string, problems: readonly GateProblem[]): GateClosedError {
  const remedies = [...new Set(problems.map(({ remedy }) => remedy))];
  return new GateClosedError(problems.map(({ reason }) => reason).join(' '), {
    subject: { job: jobId },
    remedy: remedies.join(' '),
  });
}
