import type { Milestone, TransferName } from './job-documents.ts';
import type { JobRequest } from './job-request.ts';
import type { EpochMs } from './time.ts';

/** What the person is told the job is doing, in the order of a migration. A copy job has the unmarked ones only. */
export const PHASES = [
  'checking',
  'freezing', // migrations
  'planning',
  'copying',
  'verifying',
  'proving', // migrations, from here …
  'waiting-for-consent',
  'emptying',
  'waiting-for-name',
  'creating-bucket',
  'planning-back',
  'copying-back',
  'verifying-back',
  'configuring',
  'quarantine',
  'cleaning-up', // … to here
  'finishing',
  'finished',
  'undoing', // instead of going on
  'undone',
] as const;
export type Phase = (typeof PHASES)[number];

export type Milestones = Readonly<Partial<Record<Milestone, EpochMs>>>;

/** What a migration's milestones alone do not tell. */
export type MigrationFacts = Readonly<{
  /** False when a proof was sealed and voided since: both sides are proven anew. */
  isProofValid: boolean;
  /** The final bucket was got and is not ready for objects yet. */
  isNameOurs: boolean;
  /** Somebody asked for it to be brought back; its flow has yet to begin with that. */
  isUndoAsked: boolean;
}>;
const PLAIN_FACTS: MigrationFacts = { isProofValid: true, isNameOurs: false, isUndoAsked: false };

/** The table of each kind stands below; a migration that is brought back is in `undoing`, then in `undone`. */
export function phaseOf(kind: JobRequest['kind'], milestones: Milestones, facts: MigrationFacts = PLAIN_FACTS): Phase {
  if (kind === 'copy') return newestOf(COPY_PHASES, milestones);
  if (milestones.undone !== undefined) return 'undone';
  const isAsked = facts.isUndoAsked && milestones['source-deleted'] === undefined;
  if (isAsked || isBeingUndone(milestones)) return 'undoing';
  const phase = newestOf(MIGRATION_PHASES, milestones);
  if (phase === 'waiting-for-consent' && !facts.isProofValid) return 'proving';
  if (phase === 'waiting-for-name' && facts.isNameOurs) return 'creating-bucket';
  return phase;
}

type PhaseTable = readonly (readonly [passed: Milestone, phase: Phase])[];

/** Newest first: the first milestone that is passed tells the phase. */
const COPY_PHASES: PhaseTable = [
  ['finished', 'finished'],
  ['verified', 'finishing'],
  ['copied', 'verifying'],
  ['planned', 'copying'],
  ['destination-bucket-created', 'planning'],
];

const MIGRATION_PHASES: PhaseTable = [
  ['finished', 'finished'],
  ['temporary-bucket-deleted', 'finishing'],
  ['quarantine-over', 'cleaning-up'],
  ['configured', 'quarantine'],
  ['returned', 'configuring'],
  ['verified-back', 'configuring'],
  ['copied-back', 'verifying-back'],
  ['planned-back', 'copying-back'],
  ['destination-bucket-created', 'planning-back'],
  ['source-deleted', 'waiting-for-name'],
  ['source-emptied', 'emptying'],
  ['emptying-began', 'emptying'],
  ['consented', 'emptying'],
  ['proof-sealed', 'waiting-for-consent'],
  ['verified', 'proving'],
  ['copied', 'verifying'],
  ['planned', 'copying'],
  ['temporary-bucket-created', 'planning'],
  ['source-frozen', 'freezing'],
  ['started', 'freezing'],
];

const newestOf = (table: PhaseTable, milestones: Milestones): Phase =>
  table.find(([passed]) => milestones[passed] !== undefined)?.[1] ?? 'checking';

/**
 * Not when the source is deleted: that deletion was on its way when the undo was asked for, and there is nothing left
 * that anything could be brought back into.
 */
export const isBeingUndone = (milestones: Milestones): boolean =>
  milestones['undo-began'] !== undefined &&
  milestones.undone === undefined &&
  milestones['source-deleted'] === undefined;

/**
 * The transfer whose plan and counters are shown: the one that runs, or ran last.
 *
 *   milestones                                       transfer
 *   before destination-bucket-created                copy
 *   destination-bucket-created (of a migration)      copy-back
 *   undo-began, and the source was not deleted       undo
 */
export function transferShown(kind: JobRequest['kind'], milestones: Milestones): TransferName {
  if (kind === 'copy') return 'copy';
  if (milestones['destination-bucket-created'] !== undefined) return 'copy-back';
  return milestones['undo-began'] !== undefined && milestones['source-deleted'] === undefined ? 'undo' : 'copy';
}

/**
 * Between its first deletion and its end, and from the moment when it is to be brought back, a migration's names are
 * nobody else's, also while it has failed: its source stands frozen, and half empty perhaps, or is to be made again.
 */
export const keepsItsNames = (milestones: Milestones, isUndoAsked: boolean): boolean =>
  (isUndoAsked || milestones['emptying-began'] !== undefined || milestones['undo-began'] !== undefined) &&
  milestones.finished === undefined &&
  milestones.undone === undefined;

/** Phases in which objects are copied, so that rates and the time left mean something. */
export const isCopyingPhase = (phase: Phase): boolean =>
  phase === 'copying' || phase === 'copying-back' || phase === 'undoing';
