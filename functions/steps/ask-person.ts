import { jsonText, readJob } from '../../domain/document-access.ts';
import { paths } from '../../domain/job-documents.ts';
import type { QuestionDocument, QuestionName } from '../../domain/migration.ts';
import type { JobInput, StepPorts } from './step-ports.ts';

export type AskInput = JobInput & Readonly<{ token: string }>;

/** Writes down what the flow waits for a person with; the newest token is the one that an answer needs. */
const ask =
  (question: QuestionName) =>
  async ({ jobId, token }: AskInput, { documents, clock }: StepPorts): Promise<Record<string, never>> => {
    await readJob(documents, jobId);
    const document: QuestionDocument = { question, token, askedAtMs: clock.nowMs() };
    await documents.write(paths.question(jobId, question), jsonText(document));
    return {};
  };

/** May exactly what the proof lists be deleted? */
export const askForConsent = ask('consent');
/** What is to become of a name that does not come free? */
export const askAboutName = ask('name');
/** May the temporary bucket go before its time? */
export const askQuarantine = ask('quarantine');
