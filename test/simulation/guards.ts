import type { Edit } from './bundle.ts';

/** One guard of the product, how it is taken out, and the attack that must find its lack. */
export type Guard = Readonly<{ name: string; edits: readonly Edit[]; attack: string; why: string }>;

const gateCheck = (holds: string): Edit[] => [{ file: 'domain/gate.ts', find: holds, replace: 'holds: () => true,' }];

export const GUARDS: readonly Guard[] = [
  // --- the gate before the first deletion ----------------------------------------------------------------------------
  {
    name: 'gate: the digest is taken again',
    edits: gateCheck('holds: ({ recomputed }, proof) => recomputed.digest === proof.digest,'),
    attack: 'proof-changed',
    why: 'A proof that was changed on disk is not the one that was consented to.',
  },
  {
    name: 'gate: every part of the proof is whole',
    edits: gateCheck(
      'holds: ({ recomputed }, proof) => recomputed.arePartsWhole && recomputed.lineCount === proof.lineCount,',
    ),
    attack: 'proof-line-added',
    why: 'A line that was added would delete an object that nobody proved.',
  },
  {
    name: 'gate: two listings agree',
    edits: gateCheck(
      'holds: ({ verification }, proof) => verification.isEqual && verification.sourceDigest === proof.sourceDigest,',
    ),
    attack: 'verdict-changed',
    why: 'One listing may have been cut; two that agree were not.',
  },
  {
    name: 'gate: somebody consented',
    edits: gateCheck('holds: ({ consent }, proof) => isConsented(proof, consent),'),
    attack: 'consent-removed',
    why: 'Nothing is deleted that nobody agreed to.',
  },
  {
    name: 'gate: consent is to this digest',
    edits: [{ file: 'domain/proof.ts', find: '  consent.digest === proof.digest &&\n', replace: '' }],
    attack: 'consent-changed',
    why: 'Consent to another proof is none to this one.',
  },
  {
    name: 'gate: the configuration is what was kept',
    edits: gateCheck('holds: ({ configurationDigest }, proof) => configurationDigest === proof.configurationDigest,'),
    attack: 'configuration-changed',
    why: 'Settings that are lost before the deletion are lost for ever.',
  },
  {
    name: 'gate: the names are leased',
    edits: gateCheck('holds: ({ holdsLeases }) => holdsLeases,'),
    attack: 'lease-lost',
    why: 'Two jobs on one bucket would each delete what the other one needs.',
  },
  {
    name: 'gate: it is the same source bucket',
    edits: [
      {
        file: 'domain/gate.ts',
        find: '(sourceAtBegin.createdAtMs === undefined || source.createdAtMs === sourceAtBegin.createdAtMs),',
        replace: 'true,',
      },
    ],
    attack: 'source-replaced',
    why: 'A bucket of the same name may be another one.',
  },
  {
    name: 'gate: the source is frozen',
    edits: gateCheck('holds: ({ isFrozen }) => isFrozen,'),
    attack: 'freeze-dropped',
    why: 'What is written after the proof is not in it.',
  },
  {
    name: 'gate: the temporary bucket is ours',
    edits: gateCheck('holds: ({ isTemporaryOurs }) => isTemporaryOurs,'),
    attack: 'temporary-tags-lost',
    why: 'The only copy must stand in a bucket that the job made.',
  },
  {
    name: 'gate: the temporary bucket is protected',
    edits: gateCheck(
      'holds: ({ isTemporaryProtected, isTemporaryDeleteRefused }) => isTemporaryProtected && isTemporaryDeleteRefused,',
    ),
    attack: 'temporary-policy-lost',
    why: 'The only copy must not be deletable.',
  },
  // --- consent --------------------------------------------------------------------------------------------------------
  {
    name: 'consent: the name is typed',
    edits: [
      {
        file: 'domain/proof.ts',
        find: "  if (typed.bucket !== proof.source.bucket) return 'wrong-name';\n",
        replace: '',
      },
    ],
    attack: 'wrong-name-typed',
    why: 'Who types another name means another bucket.',
  },
  {
    name: 'consent: the digest is the one shown',
    edits: [
      { file: 'domain/proof.ts', find: "  if (typed.digest !== proof.digest) return 'old-digest';\n", replace: '' },
    ],
    attack: 'old-digest-sent',
    why: 'Consent is to what the person has seen.',
  },
  // --- deletions ------------------------------------------------------------------------------------------------------
  {
    name: 'deletions: single ones carry If-Match',
    edits: [{ file: 's3/deleting.ts', find: '{ IfMatch: `"${removal.etag}"` }', replace: '{}' }],
    attack: 'plain-migration',
    why: 'Between the look and the deletion another object may have come.',
  },
  {
    name: 'deletions: those of many carry ETags',
    edits: [
      {
        file: 's3/removing.ts',
        find: '{ Key: removal.key, ETag: `"${removal.etag}"` }',
        replace: '{ Key: removal.key }',
      },
    ],
    attack: 'plain-migration',
    why: 'Between the look and the deletion another object may have come.',
  },
  {
    name: 'deletions: versions are named',
    edits: [
      {
        file: 's3/removing.ts',
        find: '{ Key: removal.key, VersionId: removal.versionId }',
        replace: '{ Key: removal.key }',
      },
    ],
    attack: 'plain-versions',
    why: 'Without the version a marker is laid and nothing is deleted.',
  },
  {
    name: 'deletions: only what the proof lists',
    edits: [
      {
        file: 'fargate-task/removals.ts',
        find: 'if (!line) changedCount += 1;\n    else (line.isLost ? first : then).push(naming.removalOf(content));',
        replace: '(line?.isLost ? first : then).push(naming.removalOf(content));',
      },
    ],
    attack: 'written-before-it-is-listed',
    why: 'An object that came late has no copy.',
  },
  {
    name: 'deletions: the copies are looked at first',
    edits: [
      {
        file: 'fargate-task/empty.ts',
        find: "if (this.task.command.bucket === 'source') await this.insistOnCopies(lines);",
        replace: '',
      },
    ],
    attack: 'copy-removed-while-emptied',
    why: 'A copy that is gone was not a copy.',
  },
  {
    name: 'deletions: the milestone comes before them',
    edits: [
      {
        file: 'functions/steps/check-gate.ts',
        find: "  await passMilestone(documents, jobId, 'emptying-began', clock.nowMs());\n",
        replace: '',
      },
    ],
    attack: 'plain-migration',
    why: 'A job that does not know that it deletes takes its copies away when it is stopped.',
  },
  {
    name: 'deletions: a stop brings back what is gone',
    edits: [{ file: 'domain/migration.ts', find: "  if (passed('emptying-began')) return 'emptying';\n", replace: '' }],
    attack: 'stopped-while-emptied',
    why: 'What was deleted is only in the temporary bucket.',
  },
  // --- policies -------------------------------------------------------------------------------------------------------
  {
    name: 'policies: the temporary bucket refuses deletions',
    edits: [
      {
        file: 'domain/policy.ts',
        find: "const Action = ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:DeleteBucket', 's3:PutLifecycleConfiguration'];",
        replace: "const Action = ['s3:PutLifecycleConfiguration'];",
      },
      {
        file: 'functions/steps/probe-protection.ts',
        find: "isDeleteRefused: answer === 'refused' };",
        replace: "isDeleteRefused: answer === 'allowed' };",
      },
    ],
    attack: 'copies-tidied-after-deletion',
    why: 'Whoever tidies up would delete the only copy.',
  },
  {
    name: 'policies: a freeze counts once a deletion is refused',
    edits: [
      {
        file: 'functions/steps/probe-freeze.ts',
        find: "(storage) => storage.probeDelete(bucket))) === 'refused';",
        replace: "(storage) => storage.probeDelete(bucket))) !== 'other';",
      },
    ],
    attack: 'freeze-late',
    why: 'A policy that was put is not yet in force.',
  },
  {
    name: 'policies: our statements are taken out',
    edits: [
      {
        file: 'functions/steps/revoke-access.ts',
        find: '(policy) => removeStatements(policy, sids)',
        replace: '(policy) => policy',
      },
    ],
    attack: 'plain-copy',
    why: 'Access outlives the job otherwise.',
  },
  // --- buckets and names ----------------------------------------------------------------------------------------------
  {
    name: 'names: whose bucket it is',
    edits: [
      {
        file: 's3/buckets.ts',
        find: 'await sendHead(place, name, { ExpectedBucketOwner: accountId });',
        replace: 'await sendHead(place, name, {});',
      },
      {
        file: 's3/identity.ts',
        find: '  if (!place.traits.knowsOwners) return {};\n',
        replace: '  if (place) return {};\n',
      },
      {
        file: 's3/place.ts',
        find: 'return this.accountId === undefined ? {} : { ExpectedBucketOwner: this.accountId };',
        replace: 'return {};',
      },
    ],
    attack: 'name-taken-by-stranger',
    why: 'A stranger who takes the name and opens the bucket would be given everything.',
  },
  {
    name: 'names: only a bucket that this job made',
    edits: [
      {
        file: 's3/claiming.ts',
        find: 'return wanted.length > 0 && wanted.every(([tag, value]) => found[tag] === value);',
        replace: 'return wanted.length > 0 || found !== undefined;',
      },
    ],
    attack: 'name-taken-by-themselves',
    why: 'A bucket that the person made meanwhile is not the job’s to fill.',
  },
  {
    name: 'names: the answer 200 to a bucket that is there makes it not ours',
    edits: [
      {
        file: 's3/claiming.ts',
        find: 'const claim = isMade ? answer :',
        replace: 'const claim = isMade || !isMade ? answer :',
      },
    ],
    attack: 'name-taken-between-look-and-request',
    why: 'In us-east-1 making one’s own bucket again is answered like making it.',
  },
  {
    name: 'names: nothing is overwritten on the way back',
    edits: [
      {
        file: 's3/destination.ts',
        find: 'return etag === undefined ? { IfNoneMatch: \'*\' } : { IfMatch: `"${etag}"` };',
        replace: 'return etag === undefined ? ({} as { IfNoneMatch: \'*\' }) : { IfMatch: `"${etag}"` };',
      },
    ],
    attack: 'final-bucket-written-to',
    why: 'Applications write to their bucket as soon as it is there.',
  },
  {
    name: 'names: one job for each bucket',
    edits: [
      {
        file: 'functions/api/leases.ts',
        find: "if (flow) return flow.status === 'running' ||",
        replace: 'if (flow) return',
      },
    ],
    attack: 'second-job-started',
    why: 'Two jobs on one bucket would each delete what the other one needs.',
  },
  {
    name: 'names: leases are given back',
    edits: [
      {
        file: 'functions/steps/finish-migration.ts',
        find: '  await releaseLeases(jobId, documents);\n',
        replace: '',
      },
    ],
    attack: 'plain-migration',
    why: 'The bucket could never be migrated again.',
  },
  {
    name: 'names: a temporary bucket that is made too late goes',
    edits: [
      {
        file: 'functions/steps/create-temporary-bucket.ts',
        find: "if (outcome === 'ours') await removeUnused(job.id, chosen?.value, ports);",
        replace: '',
      },
    ],
    attack: 'stopped-while-making-the-temporary-bucket',
    why: 'A step that was given up may still have its effect.',
  },
  {
    name: 'names: the temporary bucket goes',
    edits: [
      {
        file: 'functions/steps/delete-temporary-bucket.ts',
        find: 'const answer = await withStorage(session, ports, (storage) => storage.removeBucket(bucket));',
        replace: "const answer: string = await withStorage(session, ports, async () => 'removed');",
      },
    ],
    attack: 'plain-migration',
    why: 'It costs money and holds a copy of everything.',
  },
  // --- listings and verification --------------------------------------------------------------------------------------
  {
    name: 'listings: a blank page is no empty bucket',
    edits: [
      {
        file: 's3/listing-page.ts',
        find: '    if (problem !== undefined) return { ok: false, reason: problem };\n',
        replace: '',
      },
    ],
    attack: 'listings-blank',
    why: 'A page that says nothing would pass for a bucket without objects.',
  },
  {
    name: 'listings: a blank page of versions is no empty bucket',
    edits: [
      {
        file: 's3/version-page.ts',
        find: '    if (problem !== undefined) return { ok: false, reason: problem };\n',
        replace: '',
      },
    ],
    attack: 'version-listings-blank',
    why: 'A page that says nothing would pass for a bucket without versions.',
  },
  {
    name: 'verification: what is missing counts',
    edits: [
      {
        file: 'domain/verdict.ts',
        find: "  if (differences === 0) return 'equal';\n",
        replace: "  if (differences >= 0) return 'equal';\n",
      },
    ],
    attack: 'copy-tidied-before-verification',
    why: 'A copy that somebody deleted is not there.',
  },
  {
    name: 'verification: equal sizes are not equal objects',
    edits: [
      {
        file: 'domain/evidence.ts',
        find: "  if (source.sizeBytes !== destination.sizeBytes) return 'differs';\n  if (isSinglePartEtag(source.etag) && source.etag === destination.etag) return 'C';\n",
        replace: "  if (source.sizeBytes >= 0) return 'C';\n",
      },
    ],
    attack: 'copy-overwritten-before-verification',
    why: 'A copy that somebody replaced is another object.',
  },
  // --- progress -------------------------------------------------------------------------------------------------------
  {
    name: 'progress: the percentage never falls',
    edits: [
      {
        file: 'domain/progress.ts',
        find: 'Math.max(previousPercent, computed)',
        replace: 'Math.max(0 * previousPercent, computed)',
      },
    ],
    attack: 'copied-again',
    why: 'A bar that goes back says nothing.',
  },
];
