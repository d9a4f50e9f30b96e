import { createHash } from 'node:crypto';
import { configurationText, type ConfigurationDocument } from '../../../domain/bucket-configuration/inventory.ts';
import { readJson } from '../../../domain/document-access.ts';
import { DocumentInvalidError } from '../../../domain/errors.ts';
import { paths } from '../../../domain/job-documents.ts';
import type { DocumentStore } from '../../../domain/ports.ts';

/** SHA-256 (hexadecimal) over what was read, from where, for where. */
export const digestOfConfiguration = (document: Pick<ConfigurationDocument, 'from' | 'to' | 'settings'>): string =>
  createHash('sha256').update(configurationText(document)).digest('hex');

/** Undefined when there is none. Rejects with DocumentInvalidError when it is not what was written. */
export async function readConfigurationDocument(
  documents: DocumentStore,
  jobId: string,
): Promise<ConfigurationDocument | undefined> {
  const path = paths.configuration(jobId);
  const document = await readJson<ConfigurationDocument>(documents, path);
  if (!document || (document.jobId === jobId && digestOfConfiguration(document) === document.sha256)) return document;
  throw new DocumentInvalidError(`The document ${path} is not what was written: its digest differs.`, {
    subject: { job: jobId },
    remedy: 'Put the document back from a backup, then redrive the job.',
  });
}
