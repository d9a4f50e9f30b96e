import { viewOfConnection } from '../../domain/connection.ts';
import { readJson } from '../../domain/document-access.ts';
import { JobMissingError, RequestInvalidError } from '../../domain/errors.ts';
import { paths, type ReportDocument } from '../../domain/job-documents.ts';
import { parseJobRequest } from '../../domain/job-request.ts';
import { checkBucketName } from '../../domain/names.ts';
import type { DocumentStore, LogEvent } from '../../domain/ports.ts';
import { proofView } from '../progress/migration-view.ts';
import { describeConfiguration } from '../steps/configuration/describe-configuration.ts';
import { decideOnName } from './decide-on-name.ts';
import { requireJob } from './documents.ts';
import { failuresAsCsv, failuresAsJson, readFailures, streamOfText, viewFailures } from './failures.ts';
import { giveConsent } from './give-consent.ts';
import { HttpProblem } from './http-problem.ts';
import { requireConnection } from './job-places.ts';
import { JobViews } from './job-views.ts';
import { parseBody, readJsonBody, readOptionalJsonBody } from './json-body.ts';
import { keepConnection } from './keep-connection.ts';
import { listBuckets, lookAtBucket, testConnection } from './look-at-buckets.ts';
import { requireMigration } from './migration-now.ts';
import { consentInput, decisionInput, quarantineInput, stopInput } from './migration-schemas.ts';
import { openApiDocument } from './openapi.ts';
import type { ApiPorts, Operator } from './ports.ts';
import type { Operation, QueryOf } from './routes.ts';
import { shortenQuarantine } from './shorten-quarantine.ts';
import { parseIdempotencyKey, startJob } from './start-job.ts';
import { redriveJob, stopJob } from './steer-job.ts';
import type { Turns } from './turns.ts';

export type Call<Name extends Operation> = Readonly<{
  request: Request;
  /** A parameter of the path, decoded; absent ones cannot be asked for by a route that has none. */
  part: (name: 'id' | 'name' | 'bucket') => string;
  query: QueryOf<Name>;
  operator: Operator;
}>;
export type Handlers = { [Name in Operation]: (call: Call<Name>) => Promise<Response> };

const json = (body: unknown, status = 200): Response => Response.json(body, { status });

export function createHandlers(ports: ApiPorts, turns: Turns): Handlers {
  const views = new JobViews(ports);
  return {
    ...generalHandlers(ports),
    ...connectionHandlers(ports),
    ...jobHandlers(ports, turns, views),
    ...decisionHandlers(ports, turns, views),
    ...readers(ports),
    ...migrationReaders(ports),
  };
}

type Some<Names extends Operation> = Pick<Handlers, Names>;

const generalHandlers = (ports: ApiPorts): Some<'health' | 'openapi' | 'preflight'> => ({
  health: async () => json(ports.health()),
  openapi: async () => json(openApiDocument(ports.health().version)),
  preflight: async ({ request }) => json(await ports.runPreflight(parseJobRequest(await readJsonBody(request)))),
});

const connectionHandlers = (
  ports: ApiPorts,
): Some<'listConnections' | 'putConnection' | 'testConnection' | 'listBuckets' | 'lookAtBucket'> => ({
  listConnections: async () => json({ connections: (await ports.connections.list()).map(viewOfConnection) }),
  putConnection: async ({ request, part }) => {
    const kept = await keepConnection(part('name'), await readJsonBody(request), ports.connections);
    return json(viewOfConnection(kept.connection), kept.isNew ? 201 : 200);
  },
  testConnection: async ({ part }) =>
    json(await testConnection(await requireConnection(ports.connections, part('name')), ports)),
  listBuckets: async ({ part }) => {
    const { name } = await requireConnection(ports.connections, part('name'));
    return json(await listBuckets(name, ports));
  },
  lookAtBucket: async ({ part, query }) => {
    const { name } = await requireConnection(ports.connections, part('name'));
    const isName = checkBucketName(part('bucket'));
    if (!isName.ok) throw new RequestInvalidError([{ field: 'bucket', message: isName.reason }]);
    return json(await lookAtBucket(name, part('bucket'), query.prefix, ports));
  },
});

const jobHandlers = (
  ports: ApiPorts,
  turns: Turns,
  views: JobViews,
): Some<'startJob' | 'listJobs' | 'readJob' | 'stopJob' | 'redriveJob'> => ({
  startJob: async ({ request, operator }) => {
    const idempotencyKey = parseIdempotencyKey(request.headers.get('idempotency-key') ?? undefined);
    const asked = parseJobRequest(await readJsonBody(request));
    const { job, isNew } = await startJob(asked, { operator, idempotencyKey }, ports);
    return json(await views.view(job), isNew ? 201 : 200);
  },
  listJobs: async ({ query }) => json({ jobs: await views.newest(query) }),
  readJob: async ({ part }) => json(await views.view(await requireJob(ports.documents, part('id')))),
  stopJob: async ({ request, part, operator }) => {
    const { stage: seen } = parseBody(stopInput, await readOptionalJsonBody(request));
    const stop = () => turns.take(part('id'), () => stopJob(part('id'), { operator, seen }, ports));
    return json(await views.view(await views.whileStopping(part('id'), stop)));
  },
  redriveJob: async ({ part }) => {
    const job = await turns.take(part('id'), () => redriveJob(part('id'), ports));
    return json(await views.view(job));
  },
});

const decisionHandlers = (
  ports: ApiPorts,
  turns: Turns,
  views: JobViews,
): Some<'giveConsent' | 'decideOnName' | 'shortenQuarantine'> => ({
  giveConsent: async ({ request, part, operator }) => {
    const typed = parseBody(consentInput, await readJsonBody(request));
    return json(
      await views.viewAnew(await turns.take(part('id'), () => giveConsent(part('id'), typed, operator, ports))),
    );
  },
  decideOnName: async ({ request, part, operator }) => {
    const asked = parseBody(decisionInput, await readJsonBody(request));
    return json(
      await views.viewAnew(await turns.take(part('id'), () => decideOnName(part('id'), asked, operator, ports))),
    );
  },
  shortenQuarantine: async ({ request, part, operator }) => {
    const typed = parseBody(quarantineInput, await readJsonBody(request));
    const shorten = () => shortenQuarantine(part('id'), typed, operator, ports);
    return json(await views.viewAnew(await turns.take(part('id'), shorten)));
  },
});

const migrationReaders = ({ documents }: ApiPorts): Some<'readProof' | 'readConfiguration'> => ({
  readProof: async ({ part }) => {
    const { job, documents: found } = await requireMigration(documents, part('id'));
    if (found.proof) return json(proofView(found.proof));
    throw notThere(`Job ${job.id} has not proven anything yet.`, 'Wait until it asks for consent.');
  },
  readConfiguration: async ({ part }) => {
    const { id } = await requireJob(documents, part('id'));
    const described = await describeConfiguration(id, documents);
    if (described) return json(described);
    throw notThere(
      `The bucket’s settings are not kept with job ${id}.`,
      'They are, once a job that carries them began.',
    );
  },
});

const notThere = (message: string, remedy: string): HttpProblem => new HttpProblem(404, message, { remedy });

const readers = (
  ports: ApiPorts,
): Some<'readStates' | 'readFailures' | 'downloadFailuresCsv' | 'downloadFailuresJson' | 'readReport' | 'readLogs'> => {
  const jobOf = async (part: Call<'readJob'>['part']) => (await requireJob(ports.documents, part('id'))).id;
  const failuresOf = async (part: Call<'readJob'>['part']) => readFailures(await jobOf(part), ports.documents);
  return {
    readStates: async ({ part }) => json({ states: await ports.flows.states(await jobOf(part)) }),
    readFailures: async ({ part, query }) => json(await viewFailures(await failuresOf(part), query)),
    downloadFailuresCsv: async ({ part }) =>
      download(failuresAsCsv(await failuresOf(part)), `${part('id')}-failures.csv`, 'text/csv; charset=utf-8'),
    downloadFailuresJson: async ({ part }) =>
      download(failuresAsJson(await failuresOf(part)), `${part('id')}-failures.json`, 'application/json'),
    readReport: async ({ part }) => json(await reportOf(await jobOf(part), ports.documents)),
    readLogs: async ({ part, query }) => json({ events: await tailOf(await jobOf(part), query, ports) }),
  };
};

/** `fileName` is made of a job's id, which holds nothing that a header could trip over. */
function download(pieces: AsyncIterable<string>, fileName: string, contentType: string): Response {
  return new Response(streamOfText(pieces), {
    headers: { 'content-type': contentType, 'content-disposition': `attachment; filename="${fileName}"` },
  });
}

async function reportOf(jobId: string, documents: DocumentStore): Promise<ReportDocument> {
  const report = await readJson<ReportDocument>(documents, paths.report(jobId));
  if (report) return report;
  throw new JobMissingError(`Job ${jobId} has no report yet.`, {
    subject: { job: jobId },
    remedy: 'Wait until the job has ended.',
  });
}

async function tailOf(jobId: string, query: QueryOf<'readLogs'>, { logs }: ApiPorts): Promise<readonly LogEvent[]> {
  const events = await logs.tail(`${jobId}/${query.stream ?? ''}`, query.limit);
  return events.filter(
    ({ stream, atMs }) =>
      (query.task === undefined || stream.split('/')[2] === query.task) &&
      (query.after === undefined || atMs > query.after),
  );
}
