import {
  stageOf,
  stopEffectOf,
  type EmptiedLookDocument,
  type FinalBucketDocument,
  type FreezeDocument,
  type NameDecision,
  type NameWaitDocument,
  type QuarantineConsent,
  type QuarantineDocument,
  type QuestionDocument,
  type QuestionName,
  type StopEffect,
  type TemporaryBucketDocument,
  type UndoDocument,
} from './migration.ts';
import { isBeingUndone, type Milestones } from './phases.ts';
import type { ConsentDocument, ProofDocument } from './proof.ts';
import { HOUR_MS, type EpochMs } from './time.ts';

/** What a migration's documents say, as far as a person is concerned with it. */
export type MigrationDocuments = Readonly<{
  milestones: Milestones;
  temporary?: TemporaryBucketDocument | undefined;
  final?: FinalBucketDocument | undefined;
  freeze?: FreezeDocument | undefined;
  nameWait?: NameWaitDocument | undefined;
  quarantine?: QuarantineDocument | undefined;
  undo?: UndoDocument | undefined;
  proof?: ProofDocument | undefined;
  /** The last look at the source that is being emptied. */
  emptiedLook?: EmptiedLookDocument | undefined;
  /** To that proof. */
  consent?: ConsentDocument | undefined;
  decision?: NameDecision | undefined;
  quarantineConsent?: QuarantineConsent | undefined;
  questions: Readonly<Partial<Record<QuestionName, QuestionDocument>>>;
}>;

export type OpenQuestion = Readonly<{ question: QuestionName; sinceMs: EpochMs }>;

/** A name that every answer calls taken is probably another account's by then; a release is mostly quicker. */
export const NAME_LOOKS_TAKEN_MS = 1 * HOUR_MS;
/** Who decided to keep waiting is asked again after the longest that AWS is known to hold a name. */
export const KEEPS_WAITING_MS = 72 * HOUR_MS;

/**
 * What a person is asked now, of a job whose flow runs.
 *
 *   consent     a proof is sealed and valid, the flow asked since, and nobody consented to it
 *   name        the flow asked and was not answered; or it still tries, and the name looks taken
 *   quarantine  it has begun, and nobody shortened it
 */
export function openQuestion(documents: MigrationDocuments, nowMs: EpochMs): OpenQuestion | undefined {
  if (documents.undo !== undefined || isBeingUndone(documents.milestones)) return undefined;
  switch (stageOf(documents.milestones)) {
    case 'beginning':
    case 'emptying':
      return consentQuestion(documents);
    case 'deleted':
      return nameQuestion(documents, nowMs);
    case 'returned':
      return quarantineQuestion(documents);
    default:
      return undefined;
  }
}

function consentQuestion({ questions, proof, consent }: MigrationDocuments): OpenQuestion | undefined {
  const asked = questions.consent;
  if (!asked || !proof || consent || proof.voidedAtMs !== undefined) return undefined;
  return asked.askedAtMs < proof.sealedAtMs ? undefined : { question: 'consent', sinceMs: asked.askedAtMs };
}

function nameQuestion(documents: MigrationDocuments, nowMs: EpochMs): OpenQuestion | undefined {
  const { questions, final, decision, nameWait } = documents;
  if (final) return undefined;
  const asked = questions.name;
  const waitsForAnswer = asked !== undefined && !isNameAnswered(documents) && isStillAsked(asked, nameWait);
  if (waitsForAnswer) return { question: 'name', sinceMs: asked.askedAtMs };
  const sinceMs = nameTroubleSinceMs(nameWait, decision);
  return sinceMs !== undefined && sinceMs <= nowMs ? { question: 'name', sinceMs } : undefined;
}

/** Trying again after an answer means that the flow no longer waits with it. */
const isStillAsked = (asked: QuestionDocument, nameWait: NameWaitDocument | undefined): boolean =>
  nameWait === undefined || nameWait.lastTryAtMs <= asked.askedAtMs;

/**
 * Since when the name looks as if waiting alone will not do; may be to come.
 *
 *   last answer   decided since        asked
 *   any           after that answer    not before the next answer
 *   occupied      nothing, or a name   at once: it is our own account's, and does not come free by itself
 *   taken         nothing, or a name   after an hour of nothing else
 *   either        to keep waiting      not before 72 hours after that
 *   any other                          not
 */
function nameTroubleSinceMs(
  nameWait: NameWaitDocument | undefined,
  decision: NameDecision | undefined,
): EpochMs | undefined {
  if (!nameWait || (decision && decision.atMs >= nameWait.lastTryAtMs)) return undefined;
  const troubledSinceMs = troubleOf(nameWait, decision);
  if (troubledSinceMs === undefined || decision?.choice !== 'keep-waiting') return troubledSinceMs;
  return Math.max(troubledSinceMs, decision.atMs + KEEPS_WAITING_MS) as EpochMs;
}

function troubleOf({ lastOutcome, sinceMs, takenSinceMs }: NameWaitDocument, decision: NameDecision | undefined) {
  if (lastOutcome === 'occupied') return decision?.atMs ?? sinceMs;
  if (lastOutcome !== 'taken' || takenSinceMs === undefined) return undefined;
  return (takenSinceMs + NAME_LOOKS_TAKEN_MS) as EpochMs;
}

function quarantineQuestion({ questions, quarantine, quarantineConsent }: MigrationDocuments) {
  const asked = questions.quarantine;
  if (!asked || !quarantine || quarantineConsent || asked.askedAtMs < quarantine.beganAtMs) return undefined;
  return { question: 'quarantine', sinceMs: quarantine.beganAtMs } as const;
}

/** A decision that the flow has not read yet, or that came after its question. */
const isNameAnswered = ({ decision, questions, nameWait }: MigrationDocuments): boolean =>
  decision !== undefined &&
  (decision.atMs >= (questions.name?.askedAtMs ?? Infinity) || decision.atMs >= (nameWait?.lastTryAtMs ?? Infinity));

/**
 * Questions whose answers are kept already: the flow is told by their tokens, also when the one who answered was cut
 * short in between. An answer to an older question is none.
 */
export function answeredQuestions(documents: MigrationDocuments): readonly QuestionDocument[] {
  const { questions, proof, consent, quarantineConsent, final } = documents;
  const listOf = (isAnswered: boolean, question: QuestionDocument | undefined) =>
    isAnswered && question ? [question] : [];
  switch (stageOf(documents.milestones)) {
    case 'beginning':
    case 'emptying':
      return listOf(consent !== undefined && proof?.voidedAtMs === undefined, questions.consent);
    case 'deleted':
      return listOf(isNameAnswered(documents) && !final, questions.name);
    case 'returned':
      return listOf(quarantineConsent !== undefined, questions.quarantine);
    default:
      return [];
  }
}

/** As `stopEffectOf`, and nothing while the job is brought back already or its name was got. */
export function stopEffectNow({ milestones, undo, final }: MigrationDocuments): StopEffect {
  const effect = stopEffectOf(stageOf(milestones));
  if (effect === 'bring-back-anew') return final ? 'nothing' : effect;
  return undo !== undefined || isBeingUndone(milestones) ? 'nothing' : effect;
}
