import { useMutation } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { exampleConnections, exampleForm, migrationExample } from '../../forms/example-form.ts';
import type { JobForm, WizardArrival } from '../../forms/job-form.ts';
import { useApi } from '../../hooks/use-api.ts';

/** Finds two sandbox accounts and a sample bucket, and opens the form filled in with them. */
export function useExample(kind: JobForm['kind']) {
  const api = useApi();
  const navigate = useNavigate();
  const search = useMutation({
    mutationFn: async () => {
      const between = exampleConnections((await api.connections()).connections);
      if (!between) return undefined;
      const [source, destination] = await Promise.all([api.buckets(between.source), api.buckets(between.destination)]);
      const fill = kind === 'copy' ? exampleForm : migrationExample;
      return fill(between, source.buckets, destination.buckets);
    },
    onSuccess: (form) => {
      if (form) void navigate('/new', { state: { form } satisfies WizardArrival });
    },
  });
  return { ...search, isNothingThere: search.isSuccess && search.data === undefined };
}
