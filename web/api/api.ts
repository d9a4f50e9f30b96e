import type { Connection } from '../../domain/connection.ts';
import type { JobRequestInput } from '../../domain/job-request.ts';
import type {
  BucketsView,
  BucketView,
  ConfigurationView,
  ConnectionsView,
  ConnectionTestView,
  ConsentInput,
  DecisionInput,
  FailuresView,
  HealthView,
  JobListView,
  JobView,
  LogsView,
  PreflightView,
  QuarantineInput,
  ReportView,
  StatesView,
  StopInput,
} from '../../domain/views.ts';
import type { Http } from './http.ts';

/** Every question that the page asks the server, one function each. */
export type Api = ReturnType<typeof openApi>;

const part = encodeURIComponent;
/** What one page shows of each; the downloads hold everything. */
const JOBS_MAX = 200;
const LINES_MAX = 1000;

export function openApi(http: Http) {
  const get = <Answer>(path: string, signal?: AbortSignal) => http.json<Answer>(path, signal ? { signal } : {});
  const post = (path: string, body: unknown) => http.json<JobView>(path, { method: 'POST', body });
  const job = (id: string) => `/api/jobs/${part(id)}`;
  const connection = (name: string) => `/api/connections/${part(name)}`;
  return {
    health: () => get<HealthView>('/api/health'),

    connections: () => get<ConnectionsView>('/api/connections'),
    saveConnection: (body: Connection) => http.json<unknown>(connection(body.name), { method: 'PUT', body }),
    testConnection: (name: string) => http.json<ConnectionTestView>(`${connection(name)}/test`, { method: 'POST' }),
    buckets: (name: string, signal?: AbortSignal) => get<BucketsView>(`${connection(name)}/buckets`, signal),
    bucket: (name: string, bucket: string, prefix: string, signal?: AbortSignal) =>
      get<BucketView>(
        `${connection(name)}/buckets/${part(bucket)}${prefix === '' ? '' : `?prefix=${part(prefix)}`}`,
        signal,
      ),

    preflight: (body: JobRequestInput) => http.json<PreflightView>('/api/preflight', { method: 'POST', body }),
    startJob: (body: JobRequestInput, idempotencyKey: string) =>
      http.json<JobView>('/api/jobs', { method: 'POST', body, headers: { 'idempotency-key': idempotencyKey } }),

    jobs: () => get<JobListView>(`/api/jobs?limit=${JOBS_MAX}`),
    job: (id: string) => get<JobView>(job(id)),
    states: (id: string) => get<StatesView>(`${job(id)}/states`),
    failures: (id: string) => get<FailuresView>(`${job(id)}/failures?limit=${LINES_MAX}`),
    failuresFile: (id: string, format: 'csv' | 'json') => http.blob(`${job(id)}/failures.${format}`),
    report: (id: string) => get<ReportView>(`${job(id)}/report`),
    logs: (id: string) => get<LogsView>(`${job(id)}/logs?limit=${LINES_MAX}`),
    configuration: (id: string) => get<ConfigurationView>(`${job(id)}/configuration`),
    stop: (id: string, body: StopInput) => post(`${job(id)}/stop`, body),
    redrive: (id: string) => http.json<unknown>(`${job(id)}/redrive`, { method: 'POST' }),
    consent: (id: string, body: ConsentInput) => post(`${job(id)}/consent`, body),
    decide: (id: string, body: DecisionInput) => post(`${job(id)}/decision`, body),
    shortenQuarantine: (id: string, body: QuarantineInput) => post(`${job(id)}/quarantine`, body),
  };
}
