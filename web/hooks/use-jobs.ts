import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { SECOND_MS, type EpochMs } from '../../domain/time.ts';
import type { ConsentInput, DecisionInput, JobListView, JobView, QuarantineInput } from '../../domain/views.ts';
import { isActive, isMoving } from '../words/job.ts';
import { keepLooks, type Look } from '../words/limits.ts';
import { useApi } from './use-api.ts';

const RUNNING_MS = SECOND_MS;
const RESTING_MS = 10 * SECOND_MS;
const movesNow = (job: JobView): boolean => isMoving(job, Date.now() as EpochMs);
const paceOf = (isMoving: boolean): number => (isMoving ? RUNNING_MS : RESTING_MS);

export function useJobs() {
  const api = useApi();
  return useQuery({
    queryKey: ['jobs'],
    queryFn: () => api.jobs(),
    refetchInterval: ({ state }) => paceOf(state.status === 'error' || (state.data?.jobs.some(movesNow) ?? false)),
  });
}

type WatchedJob = Readonly<{ job: JobView; looks: readonly Look[] }>;

/** A job with the recent values of its counters, which tell what limits it now. */
export function useJob(id: string) {
  const api = useApi();
  const client = useQueryClient();
  const queryKey = ['job', id];
  return useQuery({
    queryKey,
    queryFn: async (): Promise<WatchedJob> => {
      const job = await api.job(id);
      return { job, looks: keepLooks(client.getQueryData<WatchedJob>(queryKey)?.looks ?? [], job) };
    },
    // What the list already knows is shown at once, and replaced by the first answer.
    placeholderData: () => {
      const job = client.getQueryData<JobListView>(['jobs'])?.jobs.find((one) => one.id === id);
      return job ? { job, looks: [] } : undefined;
    },
    refetchInterval: ({ state }) => paceOf(state.status === 'error' || (state.data ? movesNow(state.data.job) : true)),
  });
}

/** The parts of a job's page, asked only while their tab is open. A job that rests is asked ten times less often. */
export function useJobPart<Part extends 'states' | 'failures' | 'logs' | 'report' | 'configuration'>(
  part: Part,
  job: JobView,
  isFollowing = true,
) {
  const api = useApi();
  type Answer = Awaited<ReturnType<(typeof api)[Part]>>;
  return useQuery({
    // A change of status asks again at once: the report appears when the job ends.
    queryKey: ['job', job.id, part, job.status, job.redriveCount],
    queryFn: () => api[part](job.id) as Promise<Answer>,
    placeholderData: (previous) => previous,
    refetchInterval: isFollowing ? paceOf(isActive(job)) * 2 : false,
  });
}

/** Redrive; afterwards everything about jobs is asked again. */
export function useRedrive() {
  const api = useApi();
  return useJobChange((id: string) => api.redrive(id));
}

/** `stage`: as the person saw it. Another one by now is refused, and nobody stops what they have not seen. */
export function useStop({ id, migration }: JobView) {
  const api = useApi();
  return useJobChange(() => api.stop(id, migration ? { stage: migration.stage } : {}));
}

export function useConsent(id: string) {
  const api = useApi();
  return useJobChange((consent: ConsentInput) => api.consent(id, consent));
}

export function useNameDecision(id: string) {
  const api = useApi();
  return useJobChange((decision: DecisionInput) => api.decide(id, decision));
}

export function useShorterQuarantine(id: string) {
  const api = useApi();
  return useJobChange((typed: QuarantineInput) => api.shortenQuarantine(id, typed));
}

/** Also after a refusal: it may say that the job is not any more as it was shown. */
function useJobChange<Input>(change: (input: Input) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ['jobs'] }),
        client.invalidateQueries({ queryKey: ['job'] }),
      ]);
    },
  });
}
