import type { Milestone } from '../../domain/job-documents.ts';
import type { Phase } from '../../domain/progress.ts';

export type CopyPhase = 'checking' | 'planning' | 'copying' | 'verifying' | 'finishing' | 'finished';
/** Those that only a migration has. */
export type MigrationPhase = Exclude<Phase, CopyPhase>;

/** A bar of the row: the phases it stands for, and the milestones between which its time is taken. */
export type PhaseStep = Readonly<{ phases: readonly Phase[]; title: string; from: Milestone; until: Milestone }>;

export const COPY_STEPS: readonly PhaseStep[] = [
  { phases: ['checking'], title: 'Check and create', from: 'started', until: 'destination-bucket-created' },
  { phases: ['planning'], title: 'List the source', from: 'destination-bucket-created', until: 'planned' },
  { phases: ['copying'], title: 'Copy', from: 'planned', until: 'copied' },
  { phases: ['verifying'], title: 'Verify both sides', from: 'copied', until: 'verified' },
  { phases: ['finishing'], title: 'Take back access', from: 'verified', until: 'finished' },
];

export const MIGRATION_STEPS: readonly PhaseStep[] = [
  { phases: ['checking', 'freezing'], title: 'Check and freeze', from: 'started', until: 'temporary-bucket-created' },
  { phases: ['planning'], title: 'List the source', from: 'temporary-bucket-created', until: 'planned' },
  { phases: ['copying'], title: 'Copy to the temporary bucket', from: 'planned', until: 'copied' },
  { phases: ['verifying'], title: 'Verify both sides', from: 'copied', until: 'verified' },
  { phases: ['proving'], title: 'Prove and seal', from: 'verified', until: 'proof-sealed' },
  { phases: ['waiting-for-consent'], title: 'Your decision', from: 'proof-sealed', until: 'consented' },
  { phases: ['emptying'], title: 'Empty and delete the source', from: 'consented', until: 'source-deleted' },
  {
    phases: ['waiting-for-name', 'creating-bucket'],
    title: 'Wait for the name',
    from: 'source-deleted',
    until: 'destination-bucket-created',
  },
  {
    phases: ['planning-back', 'copying-back'],
    title: 'Copy back',
    from: 'destination-bucket-created',
    until: 'copied-back',
  },
  { phases: ['verifying-back'], title: 'Verify again', from: 'copied-back', until: 'verified-back' },
  { phases: ['configuring'], title: 'Put settings in place', from: 'verified-back', until: 'configured' },
  { phases: ['quarantine'], title: 'Quarantine', from: 'configured', until: 'quarantine-over' },
  { phases: ['cleaning-up', 'finishing'], title: 'Clean up', from: 'quarantine-over', until: 'finished' },
];

/** Stands instead of what would have come after it. */
export const UNDO_STEP: PhaseStep = {
  phases: ['undoing', 'undone'],
  title: 'Bring back',
  from: 'undo-began',
  until: 'undone',
};
