import { by, type Failure } from './entry.ts';

const GATE = 'the gate before the first deletion >';
const LOOK = 'the look at an emptied source >';

/** Verification and deletion. */
export const DELETING: readonly Failure[] = [
  {
    number: 73,
    when: 'The counts are equal and the contents differ.',
    must: 'Every object is compared by itself, with its bytes, headers, metadata, tags and class; counts are only shown.',
    seen: 'Differences by key and reason; no question before there are none.',
    promisedBy: [
      ...by(
        'tasks/verify',
        'verifying both sides > a destination that differs in %s is never called equal',
        'verifying both sides > an object of equal size whose bytes differ is found though no checksum tells',
      ),
      ...by('tasks/prove', 'proving both sides > an object that %s makes a candidate that is never sealed'),
    ],
  },
  {
    number: 74,
    when: 'ETags differ because of parts or keys, and the objects are equal.',
    must: 'No error: checksums of this job are compared, or both sides are read.',
    seen: 'The grade of each object says by what it was proven.',
    promisedBy: [
      ...by(
        'tasks/verify',
        'verifying both sides > checksums that S3 computed in this job are a B; without them both sides are read for an A',
      ),
      ...by('tasks/plan', 'planning > ETags that prove nothing are settled by %s'),
    ],
  },
  {
    number: 75,
    when: 'Composite ETags are equal by coincidence.',
    must: 'They are never proof by themselves.',
    seen: 'Such an object is read on both sides.',
    promisedBy: by('domain/decisions', 'must this object be copied? > two equal composite ETags are never proof'),
  },
  {
    number: 76,
    when: 'The verification itself is wrong about a healthy copy.',
    must: 'It repairs and deletes nothing, and cannot; a copy is replaced on condition of what stands there.',
    seen: 'A further round, at most.',
    promisedBy: [
      ...by(
        's3/session-policy',
        'what a session may do at most > a session to %s %j cannot delete an object or a bucket',
      ),
      ...by(
        's3/migration-faults',
        'what a session cannot do, tried with a role that may do everything > %s: delete an object, a version, a marker or a bucket',
      ),
      ...by(
        'tasks/routes',
        'copying into the temporary bucket > a copy of an object that was overwritten since is replaced, on condition of what stands there',
      ),
    ],
  },
  {
    number: 77,
    when: 'The verification believes what the copying wrote down.',
    must: 'It lists both sides afresh and shares no document with the copying.',
    seen: 'An object that is missing is found, whatever the results of the shards say.',
    promisedBy: by(
      'failures/deleting',
      'proving > 77: the second verification needs nothing that the copying wrote down, and believes none of it',
    ),
  },
  {
    number: 78,
    when: 'Bytes in the temporary bucket change after they were verified.',
    must: 'Its policy refuses every write and deletion; every use of a copy compares it with the proof.',
    seen: 'ProofBrokenError with the key, and that nothing is to be changed.',
    promisedBy: [
      ...by(
        'failures/deleting',
        'proving > 78: bytes that change in the temporary bucket after the proof stop the emptying, before anything is deleted',
      ),
      ...by('tasks/routes', 'copying back > a copy that is %s stops everything at once'),
      ...by(
        'functions/steps/before-the-gate-on-sandbox',
        'the gate opens over what is proven, and nobody deletes or writes in the temporary bucket',
      ),
    ],
  },
  {
    number: 79,
    when: 'A person consents, and the source, the proof or the consent is another one by the time of the deletion.',
    must: 'Consent is to one digest, taken once, for the name as typed; the freeze and the proof are looked at again.',
    seen: 'Why the consent is not taken; or GateClosedError, that nothing was deleted, and the question anew.',
    promisedBy: [
      ...by(
        'failures/deleting',
        'consent > 79: with %s is refused, and says why and what to do',
        'consent > 79: given a second time is refused, and says who gave it and when',
        'consent > 79: a source that somebody opened and changed after the consent closes the gate; then it is frozen, proven and asked about anew',
        'consent > 79: a proof that was changed on disk deletes nothing: the gate, the task and the deletion of the bucket say so',
      ),
      ...by('functions/api/consent', 'consent to what is proven > given by two people at once is one consent'),
      ...by('functions/steps/gate', `${GATE} %s: closes it, and says why and what to do`),
      ...by(
        'functions/steps/emptied-source',
        `${LOOK} freezes a source again that somebody opened while it %s, and everything is proven and asked anew`,
      ),
    ],
  },
  {
    number: 80,
    when: 'A crash in the middle of emptying the source.',
    must: 'What the proof lists and what is still there as proven is deleted, and nothing else; or all of it is copied back.',
    seen: 'The job goes on by itself, or says that the source is as it was.',
    promisedBy: [
      ...by(
        'failures/deleting',
        'emptying > 80: killed in the middle, what is left is deleted and nothing else; or everything is copied back',
      ),
      ...by(
        'tasks/empty',
        'emptying the source > an attempt that dies at its write number %i is taken up by the next one',
      ),
      ...by(
        'functions/steps/after-the-gate-on-sandbox',
        'a source that is half empty is brought back, thawed, and nothing of ours is left',
      ),
    ],
  },
  {
    number: 81,
    when: 'An unknown object appears while the source is emptied.',
    must: 'Nobody deletes it; it keeps the bucket, is copied and proven, and a person is asked again.',
    seen: 'A new question about a new proof: how many came late, the first of them, and what stopping would do now.',
    promisedBy: [
      ...by(
        'failures/deleting',
        'emptying > 81: an unknown object that appears while emptying stays, keeps the bucket, and is told by name',
        'emptying > 81: who is asked again is told that objects came late, which is the first, and that stopping brings back',
        'emptying > 81: what came late is copied, proven and asked about like everything else, before the bucket goes',
      ),
      ...by(
        'tasks/prove',
        'proving again once deletions may have happened > what is gone from the source by now keeps its line, and a late object gets one',
      ),
      ...by(
        'functions/steps/after-the-gate-on-sandbox',
        'an object that came late is not deleted, and keeps the bucket',
      ),
    ],
  },
  {
    number: 82,
    when: 'DeleteObjects answers 200 with errors inside.',
    must: 'Every key needs an answer of its own; what may heal is asked for singly, the rest stops after some tries.',
    seen: 'EmptyingRefusedError with how many, the first key, its reason and what to allow.',
    promisedBy: [
      ...by(
        'failures/deleting',
        'emptying > 82: DeleteObjects that answers 200 with errors inside is told with the first object, its reason and what to do',
      ),
      ...by(
        's3/removing',
        'removing objects > reads the errors inside of a 200 and asks again singly for what was not answered or may heal',
        'removing objects > that are all denied inside of a 200 is denied, with what to allow',
      ),
    ],
  },
  {
    number: 83,
    when: 'Delete markers are laid instead of deleting versions.',
    must: 'Where versions are kept every deletion names one; a hidden object does not count as deleted.',
    seen: 'Nothing: it does not happen.',
    promisedBy: [
      ...by(
        'tasks/empty',
        'emptying a source with versions > versions, delete markers and what is lost all go, and no new marker is laid',
        'emptying the source > every deletion names what the proof says: an ETag, or a version',
      ),
      ...by('flows/migrating', 'a migration of a bucket > deletes nothing that is not bound to an ETag or a version'),
    ],
  },
  {
    number: 84,
    when: 'DeleteBucket says BucketNotEmpty, and nothing is listed.',
    must: 'Uploads are aborted, versions and markers looked for, and it is asked again for a while; then a person is told.',
    seen: 'EmptyingRefusedError: everything is in the temporary bucket; redrive or undo.',
    promisedBy: [
      ...by(
        'failures/deleting',
        'deleting the source > 84: BucketNotEmpty with nothing listed is asked again for five minutes; then a person is told',
        'deleting the source > 84: BucketNotEmpty that was only late is a deletion all the same',
      ),
      ...by('functions/steps/emptied-source', `${LOOK} sees versions and delete markers that are still there`),
      ...by('functions/steps/emptied-source', 'deleting the source > aborts what stands open in it, and counts'),
    ],
  },
  {
    number: 85,
    when: 'DeleteBucket is denied, by a policy or by the organisation.',
    must: 'Both buckets stay; the job can be taken up or brought back.',
    seen: 'SourceNotDeletedError: emptied and not deleted, what to allow, redrive or undo.',
    promisedBy: [
      ...by(
        'failures/deleting',
        'deleting the source > 85: DeleteBucket that is denied leaves the source emptied and not deleted; it can be taken up or brought back',
      ),
      ...by(
        'functions/steps/emptied-source',
        'deleting the source > that is denied leaves both buckets, and says what to allow',
      ),
    ],
  },
  {
    number: 86,
    when: 'The answer to DeleteBucket is lost.',
    must: 'A bucket that is gone counts as deleted by us only where that we ask was noted before; since when is kept.',
    seen: 'The job goes on to the name.',
    promisedBy: [
      ...by('functions/steps/emptied-source', 'deleting the source > is done when only the answer was lost'),
      ...by(
        'functions/steps/emptied-source',
        'deleting the source > notes that it will ask, then asks, and then notes since when it is certain',
      ),
      ...by('s3/migration-faults', 'a deletion whose answer goes wrong > of a bucket by %s ends with the bucket gone'),
    ],
  },
  {
    number: 87,
    when: 'A person stops the job.',
    must: 'Before the first deletion everything of ours goes; after it the source is brought back, while that is possible.',
    seen: 'The button says what it will do, before it does it.',
    promisedBy: [
      ...by(
        'functions/api/steering-migrations',
        'stopping a migration > after %s is said to do this: %s',
        'stopping a migration > by somebody who saw it at another stage is refused with the stage of now',
      ),
      ...by(
        'failures/deleting',
        'a policy that somebody edits meanwhile > 87: keeps its edit when the freeze is taken out by a stop, and loses only our statement',
      ),
      ...by(
        'flows/migrating',
        'a migration of a bucket > stopped before consent leaves the source as it was, open for its writers, and nothing of ours',
      ),
    ],
  },
  {
    number: 88,
    when: 'The bucket under the name is not the one that the job began with.',
    must: 'Owner, Region, creation date and our freeze are looked at in the step that deletes.',
    seen: 'BucketReplacedError or GateClosedError with what is different; nothing more is deleted.',
    promisedBy: [
      ...by(
        'functions/steps/gate',
        `${GATE} a source that was deleted and made again by somebody else closes it`,
        `${GATE} is closed by every one of its checks alone`,
      ),
      ...by('functions/steps/emptied-source', 'deleting the source > does not happen when %s'),
      ...by('tasks/empty', 'emptying the source > nothing is deleted when %s'),
      ...by(
        'failures/deleting',
        'a policy that somebody edits meanwhile > 88: an edit that leaves the freeze in changes nothing; one that takes it out closes the gate and says so',
        'a policy that somebody edits meanwhile > 88: one that takes the freeze out while the source is emptied stops the deletions',
      ),
    ],
  },
];
