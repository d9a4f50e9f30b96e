import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Connection } from '../../domain/connection.ts';
import { checkBucketName } from '../../domain/names.ts';
import { useApi } from './use-api.ts';
import { useSettled } from './use-settled.ts';

export function useHealth() {
  const api = useApi();
  return useQuery({ queryKey: ['health'], queryFn: () => api.health(), staleTime: Infinity });
}

export function useConnections() {
  const api = useApi();
  return useQuery({ queryKey: ['connections'], queryFn: () => api.connections() });
}

export function useBuckets(connection: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['buckets', connection],
    queryFn: ({ signal }) => api.buckets(connection, signal),
    enabled: connection !== '',
  });
}

/** What stands beside a bucket's name; asked when typing pauses, and only for a name that can exist. */
export function useBucket(connection: string, bucket: string, prefix: string) {
  const api = useApi();
  const settled = useSettled(`${connection}\n${bucket}\n${prefix}`);
  const [settledConnection = '', settledBucket = '', ...rest] = settled.split('\n');
  const settledPrefix = rest.join('\n');
  return useQuery({
    queryKey: ['bucket', settledConnection, settledBucket, settledPrefix],
    queryFn: ({ signal }) => api.bucket(settledConnection, settledBucket, settledPrefix, signal),
    enabled: settledConnection !== '' && checkBucketName(settledBucket).ok,
  });
}

export function useSaveConnection() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (connection: Connection) => api.saveConnection(connection),
    onSuccess: () => client.invalidateQueries(),
  });
}
