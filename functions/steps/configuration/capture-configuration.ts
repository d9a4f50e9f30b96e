import type { ConfigurationDocument } from '../../../domain/bucket-configuration/inventory.ts';
import type { Side } from '../../../domain/bucket-configuration/plan.ts';
import { jsonText, readJob, readJson, readMilestones } from '../../../domain/document-access.ts';
import { DocumentConflictError } from '../../../domain/errors.ts';
import { paths, type JobDocument } from '../../../domain/job-documents.ts';
import { carriesConfiguration } from '../../../domain/job-request.ts';
import type { FreezeDocument } from '../../../domain/migration.ts';
import type { JobInput, StepPorts } from '../step-ports.ts';
import { withStorage } from '../with-storage.ts';
import { digestOfConfiguration, readConfigurationDocument } from './document.ts';
import { lastPlaceOf, sideOf, sessionOn } from './sides.ts';

/**
 * Reads every setting of the source and keeps it with the proof, before anything of the source is changed. A migration
 * keeps them also when none is to be carried. Safe to repeat. Rejects with DocumentInvalidError when what was kept is
 * not what was written.
 *
 *   kept before   the source                          what is done
 *   no            –                                   read and kept
 *   yes           frozen by the migration, or copied  left: some settings are changed by us, or it may be gone
 *   yes           open, as a failed migration left it  read again: its owner may have changed them since
 */
export async function captureConfiguration({ jobId }: JobInput, ports: StepPorts): Promise<{ sha256?: string }> {
  const job = await readJob(ports.documents, jobId);
  if (job.request.kind === 'copy' && !carriesConfiguration(job.request)) return {};
  const kept = await readConfigurationDocument(ports.documents, jobId);
  if (kept) return (await isGivenBack(job, ports)) ? await keepAgain(job, kept, ports) : { sha256: kept.sha256 };
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

async function isGivenBack({ id, request }: JobDocument, { documents }: StepPorts): Promise<boolean> {
  if (request.kind === 'copy') return false;
  const milestones = await readMilestones(documents, id);
  if (milestones['emptying-began'] !== undefined) return false;
  const freeze = await readJson<FreezeDocument>(documents, paths.freeze(id));
  return freeze === undefined || freeze.thawedAtMs !== undefined;
}

/** Settings that differ make another proof, which is asked about anew. */
async function keepAgain(
  job: JobDocument,
  kept: ConfigurationDocument,
  ports: StepPorts,
): Promise<Readonly<{ sha256: string }>> {
  const now = await readSource(job, ports);
  if (now.sha256 !== kept.sha256) await ports.documents.write(paths.configuration(job.id), jsonText(now));
  return { sha256: now.sha256 };
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
