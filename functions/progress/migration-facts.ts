import { readJson } from '../../domain/document-access.ts';
import { paths } from '../../domain/job-documents.ts';
import type { FinalBucketDocument, UndoDocument } from '../../domain/migration.ts';
import type { MigrationFacts } from '../../domain/phases.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import type { ProofDocument } from '../../domain/proof.ts';
import type { MigrationDocuments } from '../../domain/questions.ts';

export const migrationFacts = ({
  proof,
  final,
  undo,
}: Pick<MigrationDocuments, 'proof' | 'final' | 'undo'>): MigrationFacts => ({
  isProofValid: proof !== undefined && proof.voidedAtMs === undefined,
  isNameOurs: final !== undefined,
  isUndoAsked: undo !== undefined,
});

export async function readMigrationFacts(documents: DocumentStore, jobId: string): Promise<MigrationFacts> {
  const [proof, final, undo] = await Promise.all([
    readJson<ProofDocument>(documents, paths.proof(jobId)),
    readJson<FinalBucketDocument>(documents, paths.finalBucket(jobId)),
    readJson<UndoDocument>(documents, paths.undo(jobId)),
  ]);
  return migrationFacts({ proof, final, undo });
}
