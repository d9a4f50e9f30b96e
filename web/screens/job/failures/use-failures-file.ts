import { useMutation } from '@tanstack/react-query';
import { saveFile } from '../../../api/download.ts';
import { useApi } from '../../../hooks/use-api.ts';

/** Fetches the whole list with the bearer header, then hands it to the browser as a file. */
export function useFailuresFile(jobId: string) {
  const api = useApi();
  return useMutation({
    mutationFn: async (format: 'csv' | 'json') => {
      saveFile(await api.failuresFile(jobId, format), `${jobId}-failures.${format}`);
    },
  });
}
