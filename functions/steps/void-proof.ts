import { jsonText, readVersioned } from '../../domain/document-access.ts';
import { DocumentConflictError } from '../../domain/errors.ts';
import { paths } from '../../domain/job-documents.ts';
import type { ProofDocument } from '../../domain/proof.ts';
import type { StepPorts } from './step-ports.ts';

/** Each lost turn means that another one wrote the proof; two are never at it for long. */
const TRIES_MAX = 5;

/**
 * Consent to this proof is worth nothing from here on, because the source was or will be open to changes. Comes before
 * the change itself. Nothing when there is no proof, or a void one.
 */
export async function voidProof(jobId: string, { documents, clock }: Pick<StepPorts, 'documents' | 'clock'>) {
  const path = paths.proof(jobId);
  for (let tries = 1; ; tries += 1) {
    const proof = await readVersioned<ProofDocument>(documents, path);
    if (!proof || proof.value.voidedAtMs !== undefined) return;
    const voided: ProofDocument = { ...proof.value, voidedAtMs: clock.nowMs() };
    try {
      await documents.write(path, jsonText(voided), { ifVersion: proof.version });
      return;
    } catch (error) {
      if (!(error instanceof DocumentConflictError) || tries >= TRIES_MAX) throw error;
    }
  }
}
