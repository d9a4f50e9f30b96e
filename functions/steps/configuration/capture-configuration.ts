import type { ConfigurationDocument } from '../../../domain/bucket-configuration/inventory.ts';
import type { Side } from '../../../domain/bucket-configuration/plan.ts';
import { jsonText, readJob } from '../../../domain/document-access.ts';
import { DocumentConflictError } from '../../../domain/errors.ts';
import { paths, type JobDocument } from '../../../domain/job-documents.ts';
import { carriesConfiguration } from '../../../domain/job-request.ts';
import type { JobInput, StepPorts } from '../step-ports.ts';
import { withStorage } from '../with-storage.ts';
import { digestOfConfiguration, readConfigurationDocument } from './document.ts';
import { lastPlaceOf, sideOf, sessionOn } from './sides.ts';

/**
 * Reads every setting of the source and keeps it with the proof: once, before anything of the source is changed, and
 * never written over, because later there may be nothing left to read. A migration keeps them also when none is to be
 * carried. Safe to repeat. Rejects with DocumentInvalidError when what was kept is not what was written.
 */
export async function captureConfiguration({ jobId }: JobInput, ports: StepPorts): Promise<{ sha256?: string }> {
  const job = await readJob(ports.documents, jobId);
  if (job.request.kind === 'copy' && !carriesConfiguration(job.request)) return {};
  const kept = await readConfigurationDocument(ports.documents, jobId);
  if (kept) return { sha256: kept.sha256 };
  const document = await readSource(job, ports);
  try {
    await ports.documents.write(paths.configuration(jobId), jsonText(document), { ifAbsent: true });
    return { sha256: document.sha256 };
  } catch (error) {
    if (!(error instanceof DocumentConflictError)) throw error;
    const first = await readConfigurationDocument(ports.documents, jobId);
    if (!first) throw error;
    return { sha256: first.sha256 };
  }
}

async function readSource(job: JobDocument, ports: StepPorts): Promise<ConfigurationDocument> {
  const { connection, bucket } = job.request.source;
  const to = await intendedSide(job, ports);
  return withStorage(sessionOn({ connection, bucket }, 'look', job.id), ports, async (storage) => {
    const { region } = await storage.identifyBucket(bucket);
    const from = await sideOf({ connection, bucket }, region, storage);
    const settings = await storage.readConfiguration(bucket);
    const read = { from, to, settings };
    return { jobId: job.id, ...read, capturedAtMs: ports.clock.nowMs(), sha256: digestOfConfiguration(read) };
  });
}

async function intendedSide(job: JobDocument, ports: StepPorts): Promise<Side> {
  const place = await lastPlaceOf(job, ports);
  return withStorage(sessionOn(place, 'look', job.id), ports, (storage) => sideOf(place, place.region, storage));
}
