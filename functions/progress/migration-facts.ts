import { readJson } from '../../domain/document-access.ts';
import { paths } from '../../domain/job-documents.ts';
import type { FinalBucketDocument } from '../../domain/migration.ts';
import type { MigrationFacts } from '../../domain/phases.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import type { ProofDocument } from '../../domain/proof.ts';

export const migrationFacts = (
  proof: ProofDocument | undefined,
  final: FinalBucketDocument | undefined,
): MigrationFacts => ({
  isProofValid: proof !== undefined && proof.voidedAtMs === undefined,
  isNameOurs: final !== undefined,
});

export async function readMigrationFacts(documents: DocumentStore, jobId: string): Promise<MigrationFacts> {
  const [proof, final] = await Promise.all([
    readJson<ProofDocument>(documents, paths.proof(jobId)),
    readJson<FinalBucketDocument>(documents, paths.finalBucket(jobId)),
  ]);
  return migrationFacts(proof, final);
}
