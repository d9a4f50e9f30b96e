import { by, type Failure } from './entry.ts';

const NAME = 'waiting for the name >';
const TEMPORARY = 'the temporary bucket >';

/** Waiting for the name, making the bucket again, copying back. */
export const RETURNING: readonly Failure[] = [
  {
    number: 89,
    when: 'OperationAborted for hours.',
    must: 'The name is asked for again and again for up to 30 days, in executions whose histories stay short.',
    seen: 'Since when, how often, and that AWS is still releasing the name.',
    promisedBy: [
      ...by(
        'functions/steps/thirty-days',
        'a name that comes free after almost 30 days is got within a minute, and no execution has 20,000 events',
        'a name that comes free after %i ms is got within a minute',
      ),
      ...by(
        'cli/showing',
        'a migration > that waits for its name says for how long, how often it has tried and what AWS says',
      ),
      ...by(
        'functions/steps/claiming-name',
        'the name > is asked for every 20 seconds in the first hour, and then more seldom',
      ),
    ],
  },
  {
    number: 90,
    when: 'BucketAlreadyExists that does not go away, or 403.',
    must: 'A decision and not a failure; the copies stay protected, without an end.',
    seen: 'The question, with four ways on.',
    promisedBy: [
      ...by('failures/returning', `${NAME} 90: a name that stays taken becomes a decision with four ways on`),
      ...by(
        'functions/api/steering-migrations',
        'a decision about the name > is asked for when every answer for an hour was that the name is taken, and not while AWS releases it',
        'a decision about the name > %j is kept, and a flow that waits is told',
      ),
      ...by('functions/steps/claiming-name', 'a person may decide > to keep the temporary bucket, which becomes the final one'), // prettier-ignore
    ],
  },
  {
    number: 91,
    when: 'A stranger takes the name, and receives what clients still send.',
    must: 'It is told in advance; nothing of ours is written to a bucket whose owner was not proven in the same step.',
    seen: 'The warning of the checks and of the question; later that the name is taken.',
    promisedBy: [
      ...by(
        'failures/returning',
        `${NAME} 91: that a stranger may take the name, and what he would receive, is told before anything is deleted`,
      ),
      ...by(
        'functions/steps/preflight-migration',
        'the checks before a migration > what can happen to the name meanwhile is said in advance',
      ),
      ...by(
        'functions/steps/claiming-name',
        'the name > that a stranger has got is waited for, and nothing is written to the bucket',
        'the new bucket > is not written to when it %s',
      ),
      ...by('s3/migration-faults', 'a name that is claimed > by a stranger who lets everybody in is still taken'),
    ],
  },
  {
    number: 92,
    when: 'CreateBucket succeeds, and its answer is lost.',
    must: 'The bucket is recognised by the tag that it was made with, and by nothing else.',
    seen: 'The job goes on.',
    promisedBy: [
      ...by(
        'functions/steps/claiming-name',
        'the name > is recognised by the tag when the answer to an earlier try was lost',
      ),
      ...by('s3/migration-faults', 'a name that is claimed > in %s by %s is ours, private and tagged'),
    ],
  },
  {
    number: 93,
    when: 'us-east-1 answers 200 for a bucket that is ours already, and resets its ACLs.',
    must: 'CreateBucket is never asked for a name before it was proven that no bucket of ours has it.',
    seen: 'That a bucket of ours stands there, is never touched, and what can be decided.',
    promisedBy: [
      ...by(
        'failures/returning',
        `${NAME} 93: a bucket of our own under the name is never asked for again, where us-east-1 would answer 200 and reset it`,
      ),
      ...by(
        's3/migration-faults',
        'a name that is claimed > never resets a bucket of our own that was there before, where S3 would answer 200',
      ),
      ...by('s3/edge', 'a bucket that stands already > is never created again, which would reset its ACLs'),
    ],
  },
  {
    number: 94,
    when: 'The bucket is made in the wrong Region or with the wrong ownership.',
    must: 'Region and owner are read back before anything is copied.',
    seen: 'What is wrong with the bucket; nothing is written to it.',
    promisedBy: [
      ...by(
        's3/migration-faults',
        'a name that is claimed > in another Region than the job wants is said, and is not used',
        'a name that is claimed > and was made, and could not be shut yet, is finished by the next claim',
      ),
      ...by(
        'functions/steps/claiming-name',
        'the new bucket > is proven before anything is written to it',
        'the new bucket > is not written to when it %s',
      ),
    ],
  },
  {
    number: 95,
    when: '301, 307 or AuthorizationHeaderMalformed after the bucket was made again elsewhere.',
    must: 'The Region is found by what S3 says, and used from then on.',
    seen: 'Nothing, or the right Region in the error.',
    promisedBy: [
      ...by(
        's3/faults',
        'buckets > in another Region are found there, and so is all that is asked of them afterwards',
        'buckets > are found there by whatever is asked first',
      ),
      ...by(
        's3/errors',
        'what S3, STS and the network say becomes an error whose class decides what happens next > a wrong Region says the right one, wherever S3 wrote it',
      ),
    ],
  },
  {
    number: 96,
    when: 'A crash between CreateBucket and copying back.',
    must: 'The empty bucket with the tag of the job is found and used.',
    seen: 'The job goes on.',
    promisedBy: [
      ...by(
        'functions/steps/crashing-after-the-gate',
        'a process that dies at any effect, or right after it, and is begun again > %s',
        'a process that dies at any effect, or right after it, and is begun again > never has fewer than one bucket with every object',
      ),
    ],
  },
  {
    number: 97,
    when: 'The configuration of the bucket is not migrated.',
    must: 'Every setting is kept before anything is changed, with a digest in the proof, and ends in a list.',
    seen: 'Each setting as applied, adapted, left out with its reason, or waived.',
    promisedBy: [
      ...by(
        'functions/configuration',
        'keeping the settings of the source > every setting is kept with where it comes from and where it goes, by sessions that can change nothing',
        'putting the settings > every setting ends in one of the two lists, and doing it again changes nothing',
        'putting the settings > settings that were changed on disk are not put, and neither are none where some were to be kept',
      ),
      ...by('domain/bucket-configuration', 'what becomes of each setting > every setting has a row'),
    ],
  },
  {
    number: 98,
    when: 'The policy names the old account, its ARNs or its keys.',
    must: 'Nothing that names the old account is put into the new one by itself.',
    seen: 'The text as it would be, and that it is not put.',
    promisedBy: by(
      'domain/bucket-configuration',
      'the plan > a policy that names the old account is shown with the new one, and not put',
      'for any bucket > nothing that names the old account is put in a bucket of another one',
    ),
  },
  {
    number: 99,
    when: 'Public access is opened or closed wrongly.',
    must: 'The bucket is shut when it is made; what opens it comes last, and only with consent.',
    seen: 'What stays shut, and why.',
    promisedBy: [
      ...by('domain/bucket-configuration', 'for any bucket > nothing public is put without consent'),
      ...by(
        'functions/configuration-on-sandbox',
        'without consent the new bucket stays shut, and what is left out is told',
      ),
    ],
  },
  {
    number: 100,
    when: 'Notifications fire for everything that is copied back.',
    must: 'What acts on its own is put only after everything was verified under its name.',
    seen: 'The order, before the start and in the states of the flow.',
    promisedBy: [
      ...by(
        'domain/bucket-configuration',
        'the plan > puts what opens the bucket last, and what acts on its own after everything was verified',
      ),
      ...by(
        'functions/configuration',
        'putting the settings > versioning and tags come before the objects, what acts on its own only after they are verified',
      ),
    ],
  },
  {
    number: 101,
    when: 'Replication would replicate everything once more.',
    must: 'It is put after everything was verified, as all that acts on its own.',
    seen: 'What becomes of the rules, with the plan of the settings.',
    promisedBy: [
      ...by(
        'domain/bucket-configuration',
        'the plan > puts what opens the bucket last, and what acts on its own after everything was verified',
        'what becomes of each setting > %s (%s)',
      ),
    ],
  },
  {
    number: 102,
    when: 'Lifecycle rules count from new dates.',
    must: 'It is told; rules with a date are carried with that date, and all of them run only at the end.',
    seen: 'The note beside the rules, and what does not survive before the start.',
    promisedBy: [
      ...by(
        'failures/returning',
        'what becomes of settings and dates > 102: that lifecycle clocks begin anew is told with the rules; rules with a date are carried with it',
      ),
      ...by('functions/steps/freezing', 'freezing the source > lifecycle rules are at rest while the source is frozen, and run again afterwards'), // prettier-ignore
    ],
  },
  {
    number: 103,
    when: 'Readers rely on dates of last change or their order.',
    must: 'It is told before the start; the proof keeps the old dates.',
    seen: '“Dates of last change” among what does not survive.',
    promisedBy: by(
      'failures/returning',
      'what becomes of settings and dates > 103: that every object gets a new date is told before the start, and the proof keeps the old ones',
    ),
  },
  {
    number: 104,
    when: 'Versioning is relied on before AWS has it in force.',
    must: 'It is switched on first, 15 minutes pass, and older versions come before newer ones.',
    seen: 'The wait as a state of the flow.',
    promisedBy: [
      ...by(
        'functions/steps/claiming-name',
        'the new bucket > on AWS keeps its versions for 15 minutes before anything relies on them',
      ),
      ...by('tasks/versions', 'moving versions > every version and delete marker comes back in order'),
    ],
  },
  {
    number: 105,
    when: 'A default retention would lock copies that are not verified yet.',
    must: 'It is put after the verification.',
    seen: 'Its place among the settings.',
    promisedBy: by(
      'failures/returning',
      'what becomes of settings and dates > 105: a default retention is put after the verification, so that it locks no half-verified copy',
    ),
  },
  {
    number: 106,
    when: 'Copying back fails half-way.',
    must: 'The temporary bucket is whole and stays until everything is verified; the job goes on where it failed.',
    seen: 'Where every object is, and that a redrive goes on.',
    promisedBy: [
      ...by(
        'functions/steps/returning',
        'the quarantine > never begins before the return is verified',
        'the end of a migration > in a failure half-way keeps the names, the freeze and the protection, and tells what stands',
      ),
      ...by('cli/showing', 'a migration > that failed half-way says where every object is'),
      ...by(
        'functions/api/steering-migrations',
        'redriving a migration > goes on in the same execution, and in a new one where that is too old',
      ),
    ],
  },
  {
    number: 107,
    when: 'Applications write to the new bucket while it is being filled.',
    must: 'Nothing of theirs is overwritten; it is a difference that a person decides about.',
    seen: 'The keys that differ, in the failures of the job.',
    promisedBy: by(
      'tasks/routes',
      'copying back > a different object that others wrote under the new name is a difference and is not overwritten',
      'copying back > an object that others added under the new name is a difference',
    ),
  },
  {
    number: 108,
    when: 'The temporary bucket, or something in it, is deleted too early: by us, or by whoever cleans the account up.',
    must: 'Its policy refuses it until the quarantine is over; if it happens all the same it is found at once.',
    seen: 'GateClosedError, ProofBrokenError or BucketReplacedError: what is gone, what is untouched, whom to look for.',
    promisedBy: [
      ...by(
        'failures/returning',
        `${TEMPORARY} 108: deleted by somebody before the gate, it closes the gate: the source is untouched`,
        `${TEMPORARY} 108: deleted by somebody between the gate and the first deletion, nothing is deleted at the source`,
        `${TEMPORARY} 108: deleted by somebody while the name is waited for, that is told at the next try, which may be days before the name comes`,
        `${TEMPORARY} 108: deleted by somebody before the copies go back, the way back stops at once and nothing else is touched`,
      ),
      ...by(
        'functions/steps/returning',
        'the quarantine > keeps the temporary bucket until its last second',
        'the quarantine > ends earlier when somebody typed the name of this temporary bucket, and not of another',
      ),
      ...by('tasks/empty', 'emptying the temporary bucket > nothing of it is deleted when %s'),
    ],
  },
  {
    number: 109,
    when: 'The account of the temporary bucket is suspended or not paid for.',
    must: 'Before the gate nothing is deleted; after it the job stops and goes on once the account is there again.',
    seen: 'That every object is in the temporary bucket, and what is refused.',
    promisedBy: by(
      'failures/returning',
      `${TEMPORARY} 109: in an account that is suspended it stops the job before anything is deleted; later the job waits for the account`,
    ),
  },
];
