import { readJson } from '../../domain/document-access.ts';
import { paths } from '../../domain/job-documents.ts';
import { isConsented, type ConsentDocument, type ProofDocument } from '../../domain/proof.ts';
import type { JobInput, StepPorts } from './step-ports.ts';

/** Was consent given to the proof as it is now? */
export async function readConsent(
  { jobId }: JobInput,
  { documents }: StepPorts,
): Promise<Readonly<{ isGiven: boolean; digest: string }>> {
  const proof = await readJson<ProofDocument>(documents, paths.proof(jobId));
  if (!proof) return { isGiven: false, digest: '' };
  const consent = await readJson<ConsentDocument>(documents, paths.consent(jobId, proof.proof));
  return { isGiven: isConsented(proof, consent), digest: proof.digest };
}
