import { jsonText, readJson } from '../../domain/document-access.ts';
import { DocumentConflictError } from '../../domain/errors.ts';
import { paths, type JobDocument } from '../../domain/job-documents.ts';
import { checkConsent, type ConsentDocument, type ConsentProblem, type ProofDocument } from '../../domain/proof.ts';
import { isoTime } from '../../domain/time.ts';
import type { ConsentInput } from '../../domain/views.ts';
import { proofView } from '../progress/migration-view.ts';
import { HttpProblem } from './http-problem.ts';
import { notNow, requireMigration, tellFlow, whereItIs } from './migration-now.ts';
import type { JobPorts, Operator } from './ports.ts';

/**
 * Keeps the consent to exactly this proof, once, and then tells the flow that waits for it; when we do not come so far
 * the janitor tells it. Rejects with JobMissingError, and with an HttpProblem for every reason not to take it.
 */
export async function giveConsent(
  jobId: string,
  typed: ConsentInput,
  operator: Operator,
  ports: JobPorts,
): Promise<JobDocument> {
  const now = await requireMigration(ports.documents, jobId);
  const { job, documents } = now;
  const { proof, consent: before } = documents;
  if (documents.undo) throw notNow(now, `Job ${jobId} cannot be consented to: ${whereItIs(now)}.`, NOTHING_LEFT);
  const problem = checkConsent(proof, before, typed);
  if (problem || !proof) throw refusal(jobId, problem ?? 'no-proof', proof, before);
  const flow = await ports.flows.describe(jobId);
  if (flow?.status !== 'running') {
    throw notNow(now, `Job ${jobId} does not run, so it does not wait for consent.`, 'Redrive it: it asks again.');
  }
  const consent = consentOf(proof, typed, operator, ports);
  await keepOnce(jobId, consent, proof, ports);
  await tellFlow(jobId, documents.questions.consent?.token, { digest: proof.digest }, ports);
  return job;
}

const NOTHING_LEFT = 'Nothing is deleted. Start a new job to migrate the bucket.';

const consentOf = (
  { proof, digest, lostVersionCount }: ProofDocument,
  { bucket }: ConsentInput,
  { name }: Operator,
  { clock }: Pick<JobPorts, 'clock'>,
): ConsentDocument => ({
  proof,
  digest,
  bucket,
  by: name,
  atMs: clock.nowMs(),
  ...(lostVersionCount > 0 ? { lostVersionCount } : {}),
});

async function keepOnce(
  jobId: string,
  consent: ConsentDocument,
  proof: ProofDocument,
  { documents }: Pick<JobPorts, 'documents'>,
): Promise<void> {
  const path = paths.consent(jobId, consent.proof);
  try {
    await documents.write(path, jsonText(consent), { ifAbsent: true });
  } catch (error) {
    if (!(error instanceof DocumentConflictError)) throw error;
    throw refusal(jobId, 'given-already', proof, await readJson<ConsentDocument>(documents, path));
  }
}

type Refusal = Readonly<{ status: number; title: string; detail: string; remedy: string }>;

/**
 *   problem               status
 *   no-proof              404
 *   proof-void            409
 *   given-already         409
 *   old-digest            409  with the proof as it is now
 *   wrong-name            422
 *   losses-not-accepted   422
 */
function refusal(
  jobId: string,
  problem: ConsentProblem,
  proof: ProofDocument | undefined,
  before: ConsentDocument | undefined,
): HttpProblem {
  const { status, title, detail, remedy } = refusalOf(problem, jobId, proof, before);
  const type = `urn:bucket-migrator:problem:consent-${problem}`;
  return new HttpProblem(status, detail, {
    remedy,
    more: { type, title, job: jobId, consent: problem, ...(proof ? { proof: proofView(proof) } : {}) },
  });
}

function refusalOf(
  problem: ConsentProblem,
  jobId: string,
  proof: ProofDocument | undefined,
  before: ConsentDocument | undefined,
): Refusal {
  switch (problem) {
    case 'no-proof':
      return {
        status: 404,
        title: 'There is no proof yet',
        detail: `Job ${jobId} has not proven anything yet, so there is nothing to consent to.`,
        remedy: 'Wait until the job asks.',
      };
    case 'proof-void':
      return {
        status: 409,
        title: 'The proof is void',
        detail: 'The source was open to changes since this proof was sealed. Nothing is deleted on its word.',
        remedy: 'Wait until both sides are proven anew, or redrive the job; then it asks again.',
      };
    case 'given-already':
      return {
        status: 409,
        title: 'Consent was given already',
        detail: before
          ? `${before.by} consented to this proof at ${isoTime(before.atMs)}.`
          : 'Somebody has just consented to this proof.',
        remedy: 'Nothing is left to do: the job goes on.',
      };
    case 'old-digest':
      return {
        status: 409,
        title: 'This is not the proof as it is now',
        detail: 'Both sides were proven anew since you looked: the digest is another one.',
        remedy: 'Look at the new proof, and consent to that one.',
      };
    case 'wrong-name':
      return {
        status: 422,
        title: 'The name is not the bucket’s',
        detail: 'What was typed is not exactly the name of the source bucket. Nothing was deleted.',
        remedy: 'Type the name exactly as it is shown.',
      };
    case 'losses-not-accepted':
      return {
        status: 422,
        title: 'The number of lost versions was not accepted',
        detail: `${proof?.lostVersionCount ?? 0} older versions and markers are destroyed with the source and kept nowhere.`,
        remedy: 'Type that number too (lostVersionCount), or start a job that carries every version.',
      };
  }
}
