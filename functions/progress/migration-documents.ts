import { readJson } from '../../domain/document-access.ts';
import { paths } from '../../domain/job-documents.ts';
import type {
  EmptiedLookDocument,
  FinalBucketDocument,
  FreezeDocument,
  NameDecision,
  NameWaitDocument,
  QuarantineConsent,
  QuarantineDocument,
  QuestionDocument,
  QuestionName,
  TemporaryBucketDocument,
  UndoDocument,
} from '../../domain/migration.ts';
import type { Milestones } from '../../domain/phases.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import type { ConsentDocument, ProofDocument } from '../../domain/proof.ts';
import type { MigrationDocuments } from '../../domain/questions.ts';

/** Reads what tells where a migration stands and what it asks; `milestones` as they were read before. */
export async function readMigration(
  documents: DocumentStore,
  jobId: string,
  milestones: Milestones,
): Promise<MigrationDocuments> {
  const read = <T>(path: string): Promise<T | undefined> => readJson<T>(documents, path);
  const question = (name: QuestionName) => read<QuestionDocument>(paths.question(jobId, name));
  const [
    temporary,
    final,
    freeze,
    nameWait,
    quarantine,
    undo,
    emptiedLook,
    proved,
    decision,
    quarantineConsent,
    ...asked
  ] = await Promise.all([
    read<TemporaryBucketDocument>(paths.temporaryBucket(jobId)),
    read<FinalBucketDocument>(paths.finalBucket(jobId)),
    read<FreezeDocument>(paths.freeze(jobId)),
    read<NameWaitDocument>(paths.nameWait(jobId)),
    read<QuarantineDocument>(paths.quarantine(jobId)),
    read<UndoDocument>(paths.undo(jobId)),
    read<EmptiedLookDocument>(paths.emptiedLook(jobId, 'source')),
    readProof(documents, jobId),
    read<NameDecision>(paths.answer(jobId, 'name')),
    read<QuarantineConsent>(paths.answer(jobId, 'quarantine')),
    question('consent'),
    question('name'),
    question('quarantine'),
  ]);
  const questions = Object.fromEntries(asked.flatMap((one) => (one ? [[one.question, one]] : [])));
  return { milestones, temporary, final, freeze, nameWait, quarantine, undo, emptiedLook, ...proved, decision, quarantineConsent, questions }; // prettier-ignore
}

async function readProof(
  documents: DocumentStore,
  jobId: string,
): Promise<{ proof: ProofDocument | undefined; consent: ConsentDocument | undefined }> {
  const proof = await readJson<ProofDocument>(documents, paths.proof(jobId));
  const consent = proof && (await readJson<ConsentDocument>(documents, paths.consent(jobId, proof.proof)));
  return { proof, consent };
}
