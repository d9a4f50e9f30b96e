import { titleOf } from '../../../domain/bucket-configuration/catalogue.ts';
import type { ConfigurationOutcomeDocument, SettingOutcome } from '../../../domain/bucket-configuration/inventory.ts';
import { planConfiguration, type PlanItem, type SettingStage } from '../../../domain/bucket-configuration/plan.ts';
import { readJob, readJson } from '../../../domain/document-access.ts';
import { paths } from '../../../domain/job-documents.ts';
import { carriesConfiguration } from '../../../domain/job-request.ts';
import type { DocumentStore } from '../../../domain/ports.ts';
import type { EpochMs } from '../../../domain/time.ts';
import { readConfigurationDocument } from './document.ts';

/** Every setting and what becomes of it, in the order in which they are put; and once it was tried, what came of it. */
export type ConfigurationDescription = Readonly<{
  capturedAtMs: EpochMs;
  isCarried: boolean;
  items: readonly (Omit<PlanItem, 'value'> &
    Readonly<{ title: string; outcome?: SettingOutcome['outcome']; outcomeReason?: string; remedy?: string }>)[];
}>;

/**
 * From the job's documents alone: nothing is asked of S3. Undefined while nothing is kept. Rejects with
 * JobMissingError and DocumentInvalidError.
 */
export async function describeConfiguration(
  jobId: string,
  documents: DocumentStore,
): Promise<ConfigurationDescription | undefined> {
  const { request } = await readJob(documents, jobId);
  const kept = await readConfigurationDocument(documents, jobId);
  if (!kept) return undefined;
  const options = {
    appliesPublicAccess: request.options.appliesPublicAccess,
    keepsSource: request.kind === 'copy',
  };
  const plan = planConfiguration(kept.settings, { from: kept.from, to: kept.to }, options);
  const outcomes = await readOutcomes(jobId, documents);
  const items = plan.map(({ value: _, ...item }) => {
    const tried = outcomes.get(`${item.stage} ${item.setting}`);
    return { ...item, title: titleOf(item.setting), ...(tried === undefined ? {} : toldOf(tried)) };
  });
  return { capturedAtMs: kept.capturedAtMs, isCarried: carriesConfiguration(request), items };
}

const toldOf = ({ outcome, reason, remedy, proposal }: SettingOutcome) => ({
  outcome,
  outcomeReason: reason,
  ...(remedy === undefined ? {} : { remedy }),
  ...(proposal === undefined ? {} : { proposal }),
});

const STAGES: readonly SettingStage[] = ['before-objects', 'after-verification'];

async function readOutcomes(jobId: string, documents: DocumentStore): Promise<ReadonlyMap<string, SettingOutcome>> {
  const found = new Map<string, SettingOutcome>();
  for (const stage of STAGES) {
    const document = await readJson<ConfigurationOutcomeDocument>(documents, paths.configurationOutcome(jobId, stage));
    for (const item of document?.items ?? []) found.set(`${stage} ${item.setting}`, item);
  }
  return found;
}
