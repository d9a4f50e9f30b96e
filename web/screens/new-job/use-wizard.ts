import { useMutation, useQuery } from '@tanstack/react-query';
import { useReducer, useState } from 'react';
import { useNavigate } from 'react-router';
import type { JobRequestInput } from '../../../domain/job-request.ts';
import { SECOND_MS } from '../../../domain/time.ts';
import { ApiError } from '../../api/problem.ts';
import { firstStepWithProblem, toRequest, validateJobForm, type JobForm } from '../../forms/job-form.ts';
import { useApi } from '../../hooks/use-api.ts';
import { useSettled } from '../../hooks/use-settled.ts';
import { openWizard, shownErrors, wizardReducer } from './wizard-state.ts';

export type WizardView = ReturnType<typeof useWizard>;

export const REVIEW_STEP = 3;

export function useWizard(initial: JobForm) {
  const [state, dispatch] = useReducer(wizardReducer, initial, openWizard);
  const [insistedCount, setInsistedCount] = useState(0);
  const isValid = firstStepWithProblem(validateJobForm(state.form)) === undefined;
  const preflight = usePreflight(toRequest(state.form), state.step === REVIEW_STEP && isValid);
  const starting = useStartJob((error) => {
    if (error instanceof ApiError && error.errors.length > 0) dispatch({ type: 'refused', problems: error.errors });
  });

  const start = () => {
    if (!isValid) return dispatch({ type: 'asked-for-step', step: REVIEW_STEP + 1 });
    const isBlocked = preflight.data?.status === 'blocked';
    if (isBlocked) setInsistedCount(insistedCount + 1);
    else starting.mutate(toRequest(state.form));
  };
  return {
    state,
    errors: shownErrors(state),
    preflight,
    change: (changes: Partial<JobForm>) => {
      setInsistedCount(0);
      starting.reset();
      dispatch({ type: 'changed', changes });
    },
    goTo: (step: number) => dispatch({ type: 'asked-for-step', step }),
    start,
    isStarting: starting.isPending,
    startError: starting.error,
    /** How often the person pressed start although a check is blocked. */
    insistedCount,
  };
}

/** The checks run again when an option changes, once typing has paused. */
function usePreflight(request: JobRequestInput, isAsked: boolean) {
  const api = useApi();
  const text = JSON.stringify(request);
  const settled = useSettled(text);
  // Until they are the same, what has settled is another form, or one that was not complete yet.
  const isSettled = settled === text;
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['preflight', settled],
    queryFn: () => api.preflight(JSON.parse(settled) as JobRequestInput),
    enabled: isAsked && isSettled,
    // What is true of a bucket may change while the page is open; looking again is one press away.
    gcTime: 0,
    staleTime: 30 * SECOND_MS,
    refetchOnWindowFocus: false,
  });
  return { data, error, isFetching: isFetching || (isAsked && !isSettled), refetch };
}

/** A second press, or a retry after a lost answer, finds the same job: one key for one request of this wizard. */
function useStartJob(onError: (error: Error) => void) {
  const api = useApi();
  const navigate = useNavigate();
  const [keys] = useState(() => new Map<string, string>());
  return useMutation({
    mutationFn: (request: JobRequestInput) => {
      const text = JSON.stringify(request);
      const key = keys.get(text) ?? crypto.randomUUID();
      keys.set(text, key);
      return api.startJob(request, key);
    },
    onError,
    onSuccess: (job) => void navigate(`/jobs/${encodeURIComponent(job.id)}`),
  });
}
