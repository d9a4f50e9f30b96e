import { GRADES } from '../../domain/evidence.ts';
import { displayKey, fromPercentForm } from '../../domain/keys.ts';
import type { StopEffect } from '../../domain/migration.ts';
import type { DecisionInput, JobView, ProofView } from '../../domain/views.ts';
import { bytesText, countText, placeText } from './words.ts';

/** What a person has to know before a decision, in the lines of a terminal. */

export const DECISION_WORDS: readonly DecisionInput['choice'][] = [
  'keep-waiting',
  'other-name',
  'rebuild-source',
  'keep-temporary',
];

export const GRADE_WORDS = {
  A: 'both sides read and hashed',
  B: 'full-object checksums',
  C: 'equal MD5 ETags',
  D: 'size only, not accepted',
} as const;

export const gradeLines = (grades: ProofView['grades']): string[] =>
  GRADES.filter((grade) => grades[grade] > 0).map(
    (grade) => `  ${countText(grades[grade])} by ${GRADE_WORDS[grade]} (${grade})`,
  );

export function consentLines(job: JobView, proof: ProofView): string[] {
  const source = placeText(proof.source);
  return [
    `Job ${job.id} needs your decision.`,
    '',
    ...lateLines(job),
    `Proven to be in the temporary bucket ${proof.temporaryBucket}:`,
    `  ${contentsText(proof)}`,
    ...gradeLines(proof.grades),
    '',
    `Will be deleted: all of that in ${source}, and then the bucket itself.`,
    ...lossLines(proof),
    'Will not survive: dates of last modification, and the ids of versions.',
    '',
    'Once the bucket is deleted, AWS may hold its name for minutes to hours, up to 72 h. Meanwhile nobody can',
    'use the bucket, and another account could take the name. Your objects stay in the temporary bucket.',
    `Until then "bucket-migrator stop ${job.id}" brings everything back into ${source}. From then on the bucket`,
    'can only be made anew.',
    '',
    `Digest of the proof: ${proof.digest}`,
  ];
}

/** Why somebody is asked a second time. */
function lateLines({ source, migration }: JobView): string[] {
  const late = migration?.late;
  if (!late || late.count === 0) return [];
  const [first] = late.firstKeys.map((key) => displayKey(fromPercentForm(key)));
  const example = first === undefined ? '' : `, the first is ${first}`;
  return [
    `You are asked again: ${countText(late.count)} ${late.count === 1 ? 'object' : 'objects'} came to ${placeText(source)} after it was proven${example}.`,
    'Nothing of that was deleted: it was copied and proven too.',
    '',
  ];
}

function contentsText({ lineCount, keyCount, deleteMarkerCount, sizeBytes, carriesVersions }: ProofView): string {
  if (!carriesVersions) return `${countText(lineCount)} objects, ${bytesText(sizeBytes)}`;
  const versions = `${countText(lineCount - deleteMarkerCount)} versions and ${countText(deleteMarkerCount)} delete markers`;
  return `${versions} of ${countText(keyCount)} keys, ${bytesText(sizeBytes)}`;
}

function lossLines({ lostVersionCount, lostMarkerCount }: ProofView): string[] {
  const versions = lostVersionCount > 0 ? [`Will be lost for ever: ${countText(lostVersionCount)} older versions, which are kept nowhere.`] : []; // prettier-ignore
  const markers = lostMarkerCount > 0 ? [`Cannot be made again: ${countText(lostMarkerCount)} delete markers.`] : [];
  return [...versions, ...markers];
}

/** The command that goes on where nobody could be asked. */
export function consentCommand(jobId: string, { source, digest, lostVersionCount }: ProofView): string {
  const lost = lostVersionCount > 0 ? ` --lost-versions ${lostVersionCount}` : '';
  return `bucket-migrator consent ${jobId} --bucket ${source.bucket} --digest ${digest}${lost}`;
}

export function nameLines({ id, source, migration }: JobView): string[] {
  const why =
    migration?.nameWait?.lastOutcome === 'occupied'
      ? `The name is held by a bucket that job ${id} has not made: it is never touched.`
      : `Another account seems to hold the name "${source.bucket}".`;
  return [
    why,
    `Your objects are safe in the temporary bucket ${migration?.temporaryBucket?.bucket ?? ''}, which is protected.`,
    'You can choose:',
    '  keep-waiting           go on asking for the name',
    '  other-name NAME        make the bucket in the destination account under another name',
    '  rebuild-source [NAME]  make it again in the source account, under its old name or another one',
    '  keep-temporary         keep the temporary bucket as it is, as the final one',
  ];
}

export function stopText(effect: StopEffect, { source }: JobView): string {
  switch (effect) {
    case 'leave-as-it-was':
      return `Nothing is deleted yet: everything of ours is taken away, and ${placeText(source)} is as it was.`;
    case 'bring-back-in':
      return `What was deleted is copied back into ${placeText(source)}, which still stands.`;
    case 'bring-back-anew':
      return `The bucket is deleted: it is made again under its name in the source account as soon as the name is free.`;
    case 'nothing':
      return 'It cannot be stopped now.';
  }
}
