import {
  type BucketConfiguration,
  type ConfigurationDocument,
  type ConfigurationOutcomeDocument,
  type SettingOutcome,
} from '../../../domain/bucket-configuration/inventory.ts';
import {
  planConfiguration,
  type Move,
  type PlanItem,
  type SettingStage,
} from '../../../domain/bucket-configuration/plan.ts';
import { jsonText, readJob } from '../../../domain/document-access.ts';
import {
  AccessDeniedError,
  DocumentInvalidError,
  MigrationError,
  ObjectChangedError,
  ObjectMissingError,
  StorageRefusedError,
  StorageUnsupportedError,
} from '../../../domain/errors.ts';
import { paths, type JobDocument } from '../../../domain/job-documents.ts';
import { carriesConfiguration } from '../../../domain/job-request.ts';
import type { BucketFacts, Storage } from '../../../domain/ports.ts';
import { JOB_TAG } from '../create-destination-bucket.ts';
import type { StepPorts } from '../step-ports.ts';
import { withStorage } from '../with-storage.ts';
import { readConfigurationDocument } from './document.ts';
import { lastPlaceOf, sideOf, sessionOn } from './sides.ts';

export type StageInput = Readonly<{ jobId: string; stage: SettingStage }>;
export type StageOutput = Readonly<{ appliedCount: number; cannotCount: number; failedCount: number }>;

/**
 * Puts the settings of one stage, in their safe order, and writes down what became of each. A setting that S3 refuses is
 * told and fails nothing, but for versioning, without which versions would be lost. Safe to repeat: what is so already
 * is left. Rejects with DocumentInvalidError when no settings were kept, or others than were written.
 */
export async function applyConfiguration({ jobId, stage }: StageInput, ports: StepPorts): Promise<StageOutput> {
  const job = await readJob(ports.documents, jobId);
  if (!carriesConfiguration(job.request)) return { appliedCount: 0, cannotCount: 0, failedCount: 0 };
  const kept = await readConfigurationDocument(ports.documents, jobId);
  if (!kept) throw notKept(jobId);
  const place = await lastPlaceOf(job, ports);
  const items = await withStorage(sessionOn(place, 'configure', jobId), ports, async (storage) => {
    const facts = await storage.findBucket(place.bucket);
    const move = { from: kept.from, to: await sideOf(place, facts.region, storage) };
    return applyPlan(await planOf(job, kept, move, facts, storage), stage, place.bucket, storage);
  });
  await writeOutcome(
    { jobId, stage, bucket: place.bucket, sha256: kept.sha256, atMs: ports.clock.nowMs(), items },
    ports,
  );
  const count = (wanted: SettingOutcome['outcome']) => items.filter(({ outcome }) => outcome === wanted).length;
  return {
    appliedCount: count('applied') + count('adapted'),
    cannotCount: count('cannot'),
    failedCount: count('failed'),
  };
}

/** In a bucket that is not of the job's making, what is there is looked at first and kept. */
async function planOf(
  { id, request }: JobDocument,
  { settings }: ConfigurationDocument,
  move: Move,
  { name, tags }: BucketFacts,
  storage: Pick<Storage, 'readConfiguration'>,
): Promise<readonly PlanItem[]> {
  const { appliesPublicAccess } = request.options;
  const existing: BucketConfiguration | undefined =
    tags[JOB_TAG] === id ? undefined : await storage.readConfiguration(name);
  return planConfiguration(settings, move, {
    appliesPublicAccess,
    keepsSource: request.kind === 'copy',
    ...(existing === undefined ? {} : { existing }),
  });
}

async function applyPlan(
  plan: readonly PlanItem[],
  stage: SettingStage,
  bucket: string,
  storage: Pick<Storage, 'applySetting'>,
): Promise<readonly SettingOutcome[]> {
  const outcomes: SettingOutcome[] = [];
  // One after the other: each may need the one before, and S3 refuses two changes of a bucket at once.
  for (const item of plan.filter((one) => one.stage === stage)) outcomes.push(await applyItem(item, bucket, storage));
  return outcomes;
}

async function applyItem(
  { setting, fate, value, proposal, reason, differences }: PlanItem,
  bucket: string,
  storage: Pick<Storage, 'applySetting'>,
): Promise<SettingOutcome> {
  const told = { setting, reason, differences, ...(proposal === undefined ? {} : { proposal }) };
  if (fate !== 'as-it-is' && fate !== 'adapted') return { ...told, outcome: fate };
  try {
    await storage.applySetting(bucket, setting, value);
    return { ...told, outcome: fate === 'as-it-is' ? 'applied' : 'adapted' };
  } catch (error) {
    if (setting === 'versioning' || !isAboutOneSetting(error)) throw error;
    return { ...told, outcome: 'failed', reason: error.message, remedy: error.remedy, proposal: value };
  }
}

/** Not about the bucket, the credentials or the moment: what S3 says no to, whenever it is asked. */
const isAboutOneSetting = (error: unknown): error is MigrationError =>
  [AccessDeniedError, StorageRefusedError, StorageUnsupportedError, ObjectMissingError, ObjectChangedError].some(
    (kind) => error instanceof kind,
  );

async function writeOutcome(document: ConfigurationOutcomeDocument, { documents }: StepPorts): Promise<void> {
  await documents.write(paths.configurationOutcome(document.jobId, document.stage), jsonText(document));
}

const notKept = (jobId: string): DocumentInvalidError =>
  new DocumentInvalidError(`The settings of the source of job ${jobId} were not kept.`, {
    subject: { job: jobId },
    remedy: 'While the source bucket stands, redrive the job from its beginning; else set up the new bucket by hand.',
  });
