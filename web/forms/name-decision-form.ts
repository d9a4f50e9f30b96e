import { checkBucketName, isAccountRegionalName } from '../../domain/names.ts';
import type { DecisionInput, JobView } from '../../domain/views.ts';

/** What a person decides about a name that does not come free, as it is typed. */
export type NameDecisionForm = Readonly<{ choice: DecisionInput['choice']; otherName: string; sourceName: string }>;

export const openNameDecision = (job: JobView): NameDecisionForm => ({
  choice: 'keep-waiting',
  otherName: '',
  sourceName: job.source.bucket,
});

/** What is wrong with the name that the choice needs; undefined where it is right or none is needed. */
export function nameProblem(form: NameDecisionForm, job: JobView): string | undefined {
  switch (form.choice) {
    case 'keep-waiting':
    case 'keep-temporary':
      return undefined;
    case 'other-name':
      return form.otherName === job.source.bucket
        ? `"${job.source.bucket}" is the name that is waited for. Choose another one.`
        : newNameProblem(form.otherName, job);
    case 'rebuild-source':
      return newNameProblem(form.sourceName, job);
  }
}

function newNameProblem(name: string, { migration }: JobView): string | undefined {
  const verdict = checkBucketName(name);
  if (!verdict.ok) return verdict.reason;
  if (name === migration?.temporaryBucket?.bucket)
    return `"${name}" is the temporary bucket. Choose to keep it instead.`;
  return isAccountRegionalName(name) ? `"${name}" is a name of one account and Region only.` : undefined;
}

export function toDecision({ choice, otherName, sourceName }: NameDecisionForm): DecisionInput {
  switch (choice) {
    case 'other-name':
      return { choice, bucket: otherName };
    case 'rebuild-source':
      return { choice, bucket: sourceName };
    default:
      return { choice };
  }
}

/** The button says what it does. */
export function decisionButtonText({ choice, otherName, sourceName }: NameDecisionForm, job: JobView): string {
  switch (choice) {
    case 'keep-waiting':
      return 'Keep waiting';
    case 'other-name':
      return otherName ? `Make the bucket as "${otherName}"` : 'Make the bucket under another name';
    case 'rebuild-source':
      return `Make "${sourceName}" with "${job.source.connection}"`;
    case 'keep-temporary':
      return 'Keep the temporary bucket for good';
  }
}
