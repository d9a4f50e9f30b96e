import type { Milestone } from '../../domain/job-documents.ts';
import type { Phase } from '../../domain/progress.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { JobView } from '../../domain/views.ts';
import { copiedText, objectCount, placedCount, verifiedText } from './counts.ts';
import { isActive } from './job.ts';
import { COPY_STEPS, MIGRATION_STEPS, UNDO_STEP, type PhaseStep } from './migration-phases.ts';
import { provenText } from './migration.ts';
import { formatCount, formatObjects, formatTimes } from './numbers.ts';
import { formatWhen } from './times.ts';

export type PhaseState = 'done' | 'now' | 'ended-here' | 'to-come';
/** One bar of the row of phases. `percent` is of this phase alone; 0 where nothing can be counted. */
export type PhaseBar = Readonly<{
  phase: Phase;
  title: string;
  state: PhaseState;
  percent: number;
  detail: string;
  durationMs?: number;
}>;

/** The phases in order: those before the job's own are done, the one it is in moves or is where it ended. */
export function phaseBars(job: JobView, nowMs: EpochMs): PhaseBar[] {
  const steps = stepsOf(job);
  const reached = job.phase === 'finished' ? steps.length : steps.findIndex(({ phases }) => phases.includes(job.phase));
  return steps.map((step, index) => {
    const state = stateOf(index, reached, job);
    const durationMs = durationOf(job, step, state, nowMs);
    return {
      phase: phaseShown(step, state, job),
      title: step.title,
      state,
      percent: percentOf(step, state, job),
      detail: detailOf(step, state, job),
      ...(durationMs === undefined ? {} : { durationMs }),
    };
  });
}

/** What is brought back will not come to its later phases: they are left out. */
function stepsOf(job: JobView): readonly PhaseStep[] {
  if (job.kind === 'copy') return COPY_STEPS;
  if (!UNDO_STEP.phases.includes(job.phase)) return MIGRATION_STEPS;
  const passed = MIGRATION_STEPS.filter(({ from }) => job.milestones[from] !== undefined);
  return [...passed, UNDO_STEP];
}

const phaseShown = ({ phases }: PhaseStep, state: PhaseState, job: JobView): Phase =>
  (state === 'now' && phases.find((phase) => phase === job.phase)) || (phases[0] ?? 'checking');

function stateOf(index: number, reached: number, job: JobView): PhaseState {
  if (job.status === 'succeeded' || job.phase === 'undone' || index < reached) return 'done';
  if (index > reached) return 'to-come';
  return isActive(job) ? 'now' : 'ended-here';
}

function durationOf(job: JobView, { from, until }: PhaseStep, state: PhaseState, nowMs: EpochMs) {
  if (state === 'to-come') return undefined;
  const startedAtMs = job.milestones[from] ?? (from === 'started' ? job.createdAtMs : undefined);
  if (startedAtMs === undefined) return undefined;
  const now = isActive(job) ? nowMs : (job.endedAtMs ?? job.asOfMs);
  const endedAtMs = job.milestones[until] ?? (state === 'done' ? undoneAt(job, until) : now);
  return endedAtMs === undefined ? undefined : Math.max(0, endedAtMs - startedAtMs);
}

/** The step that an undo broke off ended when that began. */
const undoneAt = (job: JobView, until: Milestone): EpochMs | undefined =>
  until === 'undone' ? undefined : job.milestones['undo-began'];

/** Never 100 for something that still goes on. */
const share = (part: number, whole: number): number =>
  whole <= 0 ? 0 : Math.min(99, Math.floor((100 * Math.max(0, part)) / whole));

function percentOf({ phases }: PhaseStep, state: PhaseState, job: JobView): number {
  if (state === 'done') return 100;
  if (state === 'to-come') return 0;
  if (phases.includes('copying') || phases.includes('copying-back')) {
    return share(placedCount(job) + job.failedCount, objectCount(job));
  }
  if (phases.includes('verifying') || phases.includes('verifying-back')) {
    return share(job.verifiedCount, objectCount(job));
  }
  return 0;
}

function detailOf(step: PhaseStep, state: PhaseState, job: JobView): string {
  if (state === 'to-come') return 'Not yet';
  return job.kind === 'copy' ? countsDetail(step, state, job) : migrationDetail(step, state, job);
}

function countsDetail({ phases: [phase] }: PhaseStep, state: PhaseState, job: JobView): string {
  const isDone = state === 'done';
  switch (phase) {
    case 'planning':
      return job.listedCount > 0 ? `${formatObjects(job.listedCount)} listed${isDone ? '' : ' so far'}` : '';
    case 'copying':
      if (isDone && job.failedCount === 0) return formatObjects(objectCount(job));
      return `${formatCount(placedCount(job))} of ${formatObjects(objectCount(job))}`;
    case 'verifying':
      // The last count of a job that has just ended may come a moment after the milestone that says it is done.
      return isDone ? formatObjects(objectCount(job)) : `${verifiedText(job)} ${nounOf(objectCount(job))}`;
    default:
      return '';
  }
}

const nounOf = (count: number): string => (count === 1 ? 'object' : 'objects');

/** The counts are those of the transfer that runs: what is done is told from the proof instead. */
function migrationDetail(step: PhaseStep, state: PhaseState, job: JobView): string {
  const { migration } = job;
  const [phase] = step.phases;
  if (state === 'done') return phase === 'proving' && migration?.proof ? provenText(migration.proof) : '';
  switch (job.phase) {
    case 'planning':
      return countsDetail(step, state, job);
    case 'copying':
    case 'copying-back':
      return `${copiedText(job)} ${nounOf(objectCount(job))}`;
    case 'verifying':
    case 'verifying-back':
      return `${verifiedText(job)} ${nounOf(objectCount(job))}`;
    case 'waiting-for-name':
      return migration?.nameWait ? `Asked ${formatTimes(migration.nameWait.tryCount)}` : '';
    case 'quarantine':
      return migration?.quarantine ? `Until ${formatWhen(migration.quarantine.endsAtMs)}` : '';
    default:
      return '';
  }
}
