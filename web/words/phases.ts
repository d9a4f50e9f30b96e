import type { Milestone } from '../../domain/job-documents.ts';
import type { Phase } from '../../domain/progress.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { JobView } from '../../domain/views.ts';
import { isActive, objectCount, placedCount, verifiedCount } from './job.ts';
import { formatCount, formatObjects } from './numbers.ts';

export type PhaseState = 'done' | 'now' | 'ended-here' | 'to-come';
/** One bar of the row of phases. `percent` is of this phase alone; undefined where nothing can be counted. */
export type PhaseBar = Readonly<{
  phase: Phase;
  title: string;
  state: PhaseState;
  percent: number;
  detail: string;
  durationMs?: number;
}>;

const PHASES: readonly { phase: Phase; title: string; from: Milestone; until: Milestone }[] = [
  { phase: 'checking', title: 'Check and create', from: 'started', until: 'destination-bucket-created' },
  { phase: 'planning', title: 'List the source', from: 'destination-bucket-created', until: 'planned' },
  { phase: 'copying', title: 'Copy', from: 'planned', until: 'copied' },
  { phase: 'verifying', title: 'Verify both sides', from: 'copied', until: 'verified' },
  { phase: 'finishing', title: 'Take back access', from: 'verified', until: 'finished' },
];

/** The phases in order: those before the job's own are done, the one it is in moves or is where it ended. */
export function phaseBars(job: JobView, nowMs: EpochMs): PhaseBar[] {
  const current = PHASES.findIndex(({ phase }) => phase === job.phase);
  const reached = job.phase === 'finished' ? PHASES.length : current;
  return PHASES.map(({ phase, title, from, until }, index) => {
    const state = stateOf(index, reached, job);
    const durationMs = durationOf(job, from, until, state, nowMs);
    return {
      phase,
      title,
      state,
      percent: percentOf(phase, state, job),
      detail: detailOf(phase, state, job),
      ...(durationMs === undefined ? {} : { durationMs }),
    };
  });
}

function stateOf(index: number, reached: number, job: JobView): PhaseState {
  if (job.status === 'succeeded' || index < reached) return 'done';
  if (index > reached) return 'to-come';
  return isActive(job) ? 'now' : 'ended-here';
}

function durationOf(job: JobView, from: Milestone, until: Milestone, state: PhaseState, nowMs: EpochMs) {
  if (state === 'to-come') return undefined;
  const startedAtMs = job.milestones[from] ?? (from === 'started' ? job.createdAtMs : undefined);
  if (startedAtMs === undefined) return undefined;
  const now = isActive(job) ? nowMs : (job.endedAtMs ?? job.asOfMs);
  const endedAtMs = job.milestones[until] ?? (state === 'done' ? undefined : now);
  return endedAtMs === undefined ? undefined : Math.max(0, endedAtMs - startedAtMs);
}

function percentOf(phase: Phase, state: PhaseState, job: JobView): number {
  if (state === 'done') return 100;
  if (state === 'to-come') return 0;
  if (phase === 'copying') return share(placedCount(job) + job.failedCount, objectCount(job));
  if (phase === 'verifying') return share(job.verifiedCount, objectCount(job));
  return 0;
}

/** Never 100 for something that still goes on. */
const share = (part: number, whole: number): number =>
  whole <= 0 ? 0 : Math.min(99, Math.floor((100 * Math.max(0, part)) / whole));

function detailOf(phase: Phase, state: PhaseState, job: JobView): string {
  if (state === 'to-come') return 'Not yet';
  const isDone = state === 'done';
  switch (phase) {
    case 'planning':
      return job.listedCount > 0 ? `${formatObjects(job.listedCount)} listed${isDone ? '' : ' so far'}` : '';
    case 'copying':
      if (isDone && job.failedCount === 0) return formatObjects(objectCount(job));
      return `${formatCount(placedCount(job))} of ${formatObjects(objectCount(job))}`;
    case 'verifying':
      // The last count of a job that has just ended may come a moment after the milestone that says it is done.
      if (isDone) return formatObjects(objectCount(job));
      return `${formatCount(verifiedCount(job))} of ${formatObjects(objectCount(job))}`;
    case 'checking':
    case 'finishing':
    case 'finished':
      return '';
  }
}
