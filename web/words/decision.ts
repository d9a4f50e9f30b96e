import type { QuestionName } from '../../domain/migration.ts';
import type { JobView, ProofView } from '../../domain/views.ts';
import { byConnection, finalBucketOf, provenText } from './migration.ts';
import { readKey } from './keys.ts';
import { formatBytes, formatCount, formatObjects } from './numbers.ts';

/** What a person has to know before they decide. */

/**
 * What the page of decisions shows. The name may be decided about as soon as it is waited for, and the quarantine ended
 * as soon as it has begun, also when nobody is asked.
 */
export function decisionOf({ migration, status }: JobView): QuestionName | undefined {
  if (!migration || status !== 'running') return undefined;
  const { stage, finalBucket, quarantine, question, temporaryBucket } = migration;
  if (stage === 'deleted' && !finalBucket) return 'name';
  const isKept = temporaryBucket !== undefined && !finalBucket?.isTemporary;
  if (stage === 'returned' && isKept && quarantine && quarantine.shortenedAtMs === undefined) return 'quarantine';
  return question?.question === 'consent' ? 'consent' : undefined;
}

export type Fact = Readonly<{ label: string; value: string }>;

/** In numbers: what the first deletion begins and nothing ends before all of it is gone. */
export function destroyedFacts(proof: ProofView): Fact[] {
  const { lineCount, deleteMarkerCount, lostVersionCount, lostMarkerCount, sizeBytes, carriesVersions, source } = proof;
  const markerCount = deleteMarkerCount + lostMarkerCount;
  const hasVersions = carriesVersions || lostVersionCount > 0 || markerCount > 0;
  return [
    { label: hasVersions ? 'Versions of objects' : 'Objects', value: formatCount(lineCount - markerCount) },
    ...(hasVersions ? [{ label: 'Delete markers', value: formatCount(markerCount) }] : []),
    { label: 'Size', value: formatBytes(sizeBytes) + (lostVersionCount > 0 ? ' and the lost versions' : '') },
    { label: 'Bucket', value: source.bucket },
    { label: 'In', value: [source.region, source.connection, source.accountId].filter(Boolean).join(', ') },
  ];
}

export function provenFacts(proof: ProofView): Fact[] {
  return [
    { label: 'Proven equal', value: provenText(proof) },
    ...(proof.deleteMarkerCount > 0
      ? [{ label: 'Delete markers, made again', value: formatCount(proof.deleteMarkerCount) }]
      : []),
    { label: 'Size', value: formatBytes(proof.sizeBytes) },
    { label: 'Held by', value: proof.temporaryBucket },
  ];
}

/** What goes with the source and comes back nowhere; empty where nothing does. */
export function lossTexts({ lostVersionCount, lostMarkerCount }: ProofView): string[] {
  return [
    ...(lostVersionCount > 0
      ? [
          `${formatCount(lostVersionCount)} older ${lostVersionCount === 1 ? 'version is' : 'versions are'} destroyed with the source and kept nowhere.`,
        ]
      : []),
    ...(lostMarkerCount > 0
      ? [`${formatCount(lostMarkerCount)} delete ${lostMarkerCount === 1 ? 'marker' : 'markers'} cannot be made again.`]
      : []),
  ];
}

export function meanwhileTexts(job: JobView): string[] {
  const name = `"${job.source.bucket}"`;
  return [
    `From the first deletion until everything is back, nobody can rely on ${name}: objects are missing, then the bucket is. Stop what reads and writes it, or accept that it fails.`,
    'AWS holds the name of a deleted bucket back, mostly for minutes to hours, at the longest for about 72 hours. Nobody can shorten that.',
    'Once the name is free, another account could take it before this job does, and would receive the requests that your clients still send. The job asks for it again and again to prevent that, and never writes to a bucket that is not yours.',
    `All the while every object is in the temporary bucket, whose policy refuses every deletion.`,
  ];
}

/**
 * What a person who is asked for consent has to know first.
 *   before any deletion       nothing is deleted
 *   objects came late         how many, and the first of them
 *   the source was open       that both sides were proven anew
 */
export function consentStandText(job: JobView): { header: string; text: string } {
  const name = `"${job.source.bucket}"`;
  if (job.migration?.stage !== 'emptying') {
    return {
      header: 'Nothing is deleted yet',
      text: 'As long as you decide nothing, everything stays as it is: the source is frozen and whole, the copies are in the temporary bucket.',
    };
  }
  const stays = `What was proven before is deleted from ${name} in part or whole, and stands in the temporary bucket. As long as you decide nothing, nothing more is deleted.`;
  return { header: 'You are asked again', text: `${whyAgain(job, name)} ${stays}` };
}

function whyAgain({ migration }: JobView, name: string): string {
  const late = migration?.late;
  if (!late || late.count === 0) return `Both sides were proven anew, because ${name} was not safe from changes.`;
  const [first] = late.firstKeys.map((key) => readKey(key).shown);
  const what = `${formatObjects(late.count)} came to ${name} after it was proven${first === undefined ? '' : `; the first is "${first}"`}.`;
  return `${what} Nothing of that was deleted: it was copied and proven too.`;
}

export type Turn = Readonly<{ when: string; then: string }>;

/** What can be taken back, and until when. */
export function turnsOf(job: JobView): Turn[] {
  const { source, destination, migration } = job;
  const name = `"${source.bucket}"`;
  const hasDeleted = migration?.stage === 'emptying';
  const days = job.request.options.quarantineDays;
  const end = days === 0 ? 'at once' : `after ${days} ${days === 1 ? 'day' : 'days'}`;
  const temporary = migration?.temporaryBucket ? `"${migration.temporaryBucket.bucket}"` : 'the temporary bucket';
  return [
    ...(hasDeleted ? [] : [{ when: 'Now', then: `Stopping leaves ${name} as it was.` }]),
    {
      when: hasDeleted ? 'Now' : 'From the first deletion',
      then: `Version ids and dates of what is deleted are gone for good. Stopping copies everything back into ${name}, which still exists.`,
    },
    {
      when: `From the moment that ${name} is deleted`,
      then: `The bucket itself cannot be brought back. Stopping makes a new one of that name with ${byConnection(source.connection)}, if nobody else takes the name.`,
    },
    {
      when: `From the moment that ${name} is made with ${byConnection(destination.connection)}`,
      then: 'There is no stopping: going on is the only way to one whole bucket.',
    },
    {
      when: 'Once everything is verified there',
      then: `${temporary} is deleted ${end}. With it goes the second copy.`,
    },
  ];
}

/** What the last answer to "make the bucket" means. */
export function nameAnswerText({ migration, source }: JobView): string {
  const name = `"${source.bucket}"`;
  switch (migration?.nameWait?.lastOutcome) {
    case 'busy':
      return 'AWS is still releasing the name (OperationAborted).';
    case 'taken':
      return 'The name exists (BucketAlreadyExists): AWS is still releasing it, or another account has taken it.';
    case 'occupied':
      return `A bucket ${name} stands in an account of yours, and this job did not make it. It is never touched.`;
    case 'denied':
      return 'Making the bucket was refused (AccessDenied). The connection lacks s3:CreateBucket.';
    case 'unavailable':
      return 'S3 did not answer.';
    case undefined:
      return 'Nothing was asked yet.';
  }
}

export type ChoiceText = Readonly<{ label: string; consequence: string }>;

export function nameChoiceTexts(job: JobView): Readonly<Record<NameChoice, ChoiceText>> {
  const { source, destination, migration } = job;
  const temporary = `"${migration?.temporaryBucket?.bucket ?? 'the temporary bucket'}"`;
  return {
    'keep-waiting': {
      label: 'Keep waiting',
      consequence: `The job goes on asking for "${source.bucket}". Right while AWS may still be releasing it: up to about 72 hours. You are asked again after that.`,
    },
    'other-name': {
      label: 'Use another name',
      consequence: `A bucket of another name is made with ${byConnection(destination.connection)} and everything is copied there. The old name is given up: what uses it has to be changed.`,
    },
    'rebuild-source': {
      label: 'Make it again where it was',
      consequence: `The bucket is made with ${byConnection(source.connection)} instead, under its old name if that is free there, or under another one. Nothing moves to ${byConnection(destination.connection)}.`,
    },
    'keep-temporary': {
      label: 'Keep the temporary bucket as the final one',
      consequence: `Nothing is copied any more: everything stays in ${temporary}, with ${byConnection(destination.connection)}. The settings of the bucket are put there and its protection is taken off.`,
    },
  };
}
export const NAME_CHOICES = ['keep-waiting', 'other-name', 'rebuild-source', 'keep-temporary'] as const;
export type NameChoice = (typeof NAME_CHOICES)[number];

/** Said where a person comes to decide and nothing is asked. */
export function nothingToDecideText(job: JobView): string {
  const { migration } = job;
  if (!migration) return 'This job copies, and asks nothing.';
  if (migration.undo) return 'It is brought back, or was. Nothing more is asked.';
  if (migration.finalBucket?.isTemporary) return 'The temporary bucket stays as the final one, as somebody decided.';
  if (migration.stage === 'finished') return `It has finished. Everything is in "${finalBucketOf(job)}".`;
  if (migration.stage === 'returned' && migration.quarantine?.shortenedAtMs !== undefined) {
    return 'Somebody has ended the quarantine. The temporary bucket is about to be deleted.';
  }
  if (migration.stage === 'beginning' && migration.proof?.voidedAtMs !== undefined) {
    return 'The proof is void, because the source was open to changes since. Both sides are proven anew, and then you are asked again.';
  }
  if (migration.stage === 'beginning' && !migration.consent) {
    return job.status === 'running'
      ? 'It is still copying and proving. You are asked once every object is proven.'
      : 'It does not run. Redrive it: once every object is proven it asks.';
  }
  return 'It goes on by itself.';
}
