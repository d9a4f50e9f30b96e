import type { FaultRule } from '../../local/sandbox/faults.ts';
import { plainCopy, plainMigration, versionedMigration, type Deed, type Moment, type Scenario } from './scenario.ts';

/** Runs in which one thing goes wrong at the worst moment. Each must hold, and fails once its guard is taken out. */

const ASKED: Moment = { after: 'questions/consent.json' };
const FIRST_DELETION: Moment = { like: 'POST /photos/?delete', nth: 1 };

const migrationWith = (moment: Moment, deed: Deed, more: Partial<Scenario> = {}): Scenario => ({
  ...plainMigration(0),
  happenings: [{ moment, deed }],
  mustEndWell: false,
  ...more,
});

const damage = (path: string, how: Extract<Deed, { kind: 'damage' }>['how'], moment = ASKED): Scenario =>
  migrationWith(moment, { kind: 'damage', path, how });

const everyListing = (fault: FaultRule['fault'], operation: string): FaultRule[] => [{ operation, fault, times: 500 }];

const fewAtATime = { shardsAtOnceMax: 1, shardObjectCountMax: 1, inFlightMax: 1, batchObjectCountMax: 1 };
const slowly = (scenario: Scenario): Scenario => ({
  ...scenario,
  request: { ...scenario.request, options: { ...scenario.request.options, ...fewAtATime } },
});

const copyWith = (moment: Moment, deed: Deed): Scenario => ({ ...plainCopy(0), happenings: [{ moment, deed }] });

export const ATTACKS: Readonly<Record<string, () => Scenario>> = {
  'plain-copy': () => plainCopy(0),
  'plain-migration': () => plainMigration(0),
  'plain-versions': () => versionedMigration(0),
  'proof-changed': () => damage('proof/summary.json', 'change-number'),
  'proof-line-added': () => damage('proof/1/', 'add-line'),
  'verdict-changed': () => damage('verify/1.json', 'change'),
  'consent-removed': () => damage('1/consent.json', 'remove', { after: 'proof/1/consent.json' }),
  'consent-changed': () => damage('1/consent.json', 'change', { after: 'proof/1/consent.json' }),
  'configuration-changed': () => damage('proof/configuration.json', 'add-line'),
  'source-replaced': () => ({
    ...migrationWith(ASKED, { kind: 'replace-source' }),
    person: { ...plainMigration(0).person, consentAfterMs: 600_000 },
  }),
  'freeze-dropped': () => migrationWith(ASKED, { kind: 'edit-policy', how: 'drop' }),
  'lease-lost': () => migrationWith(ASKED, { kind: 'lose-lease' }),
  'temporary-tags-lost': () => migrationWith(ASKED, { kind: 'tidy', what: 'tags' }),
  'temporary-policy-lost': () => migrationWith(ASKED, { kind: 'tidy', what: 'policy' }),
  'wrong-name-typed': () => migrationWith(ASKED, { kind: 'consent', how: 'wrong-name' }),
  'old-digest-sent': () => ({
    ...migrationWith(ASKED, { kind: 'consent', how: 'old-digest' }),
    person: { ...plainMigration(0).person, consentAfterMs: 600_000 },
  }),
  'policies-late': () => ({ ...plainMigration(0), cloud: { policyDelayMs: 12_000 } }),
  'freeze-late': () => migrationWith({ after: 'PUT /photos/?policy' }, { kind: 'freeze-is-late', byMs: 600_000 }),
  'written-while-emptied': () => ({
    ...migrationWith(FIRST_DELETION, { kind: 'edit-policy', how: 'drop' }),
    happenings: [
      { moment: FIRST_DELETION, deed: { kind: 'edit-policy', how: 'drop' } },
      { moment: FIRST_DELETION, deed: { kind: 'write', owner: 'a', key: 'alpha', body: 'written late' } },
      { moment: FIRST_DELETION, deed: { kind: 'write', owner: 'a', key: 'alpha2', body: 'written late' } },
      {
        moment: { like: 'POST /photos/?delete', nth: 2 },
        deed: { kind: 'write', owner: 'a', key: 'beta/z', body: 'late' },
      },
    ],
  }),
  'written-before-it-is-listed': () =>
    migrationWith({ after: 'milestones/emptying-began' }, { kind: 'write-past-freeze', key: 'alpha2', body: 'late' }),
  'copy-removed-while-emptied': () =>
    slowly(migrationWith(FIRST_DELETION, { kind: 'tidy', what: 'copy-still-needed' })),
  'copies-tidied-after-deletion': () =>
    migrationWith({ after: 'milestones/source-deleted' }, { kind: 'tidy', what: 'object' }),
  'stopped-while-emptied': () =>
    slowly(migrationWith({ like: 'POST /photos/?delete', nth: 2 }, { kind: 'stop' }, { mustEndWell: true })),
  'stopped-while-freezing': () =>
    migrationWith(
      { after: 'migration/freeze.json' },
      { kind: 'stop' },
      {
        faults: [{ operation: 'PutBucketPolicy', nth: 1, fault: { kind: 'delay', waitMs: 240_000 } }],
        mustEndWell: true,
      },
    ),
  'stopped-while-making-the-temporary-bucket': () =>
    migrationWith(
      { after: 'migration/temporary-bucket.json' },
      { kind: 'stop' },
      { faults: [{ operation: 'CreateBucket', nth: 1, fault: { kind: 'delay', waitMs: 240_000 } }], mustEndWell: true },
    ),
  'name-taken-by-stranger': () =>
    migrationWith(ASKED, { kind: 'stranger-takes-name', leavesAfterMs: 600_000 }, { mustEndWell: true }),
  'name-taken-by-themselves': () => ({
    ...migrationWith(ASKED, { kind: 'take-name-themselves' }),
    person: { ...plainMigration(0).person, aboutName: 'other-name' },
  }),
  'name-taken-between-look-and-request': () => ({
    // The first such request freezes the source, the second one asks for the name.
    ...migrationWith({ like: 'PUT /photos/', nth: 2 }, { kind: 'take-name-themselves' }, { cloud: {} }),
    person: { ...plainMigration(0).person, aboutName: 'other-name' },
  }),
  'final-bucket-written-to': () =>
    migrationWith({ like: 'PUT /photos/alpha', nth: 1 }, { kind: 'write', owner: 'b', key: 'alpha', body: 'theirs' }),
  'listings-blank': () => ({
    ...plainMigration(0),
    faults: everyListing({ kind: 'spoil-body', as: 'blank' }, 'ListObjectsV2'),
    mustEndWell: false,
  }),
  'version-listings-blank': () => ({
    ...versionedMigration(0),
    faults: everyListing({ kind: 'spoil-body', as: 'blank' }, 'ListObjectVersions'),
    mustEndWell: false,
  }),
  'copy-tidied-before-verification': () =>
    copyWith({ like: 'milestones/copied', nth: 1 }, { kind: 'tidy', what: 'object' }),
  'copy-overwritten-before-verification': () => ({
    ...copyWith({ like: 'milestones/copied', nth: 1 }, { kind: 'tidy', what: 'overwrite' }),
    mustEndWell: false,
  }),
  'copied-again': () => ({
    ...migrationWith(
      { like: 'milestones/copied-back', nth: 1 },
      { kind: 'delete', owner: 'b', key: 'alpha', body: '' },
    ),
    slowness: { chance: 0.5, waitMsMax: 20_000 },
  }),
  'started-twice': () => copyWith({ after: 'milestones/started' }, { kind: 'start-twice' }),
  'second-job-started': () => ({
    ...plainMigration(0),
    happenings: [{ moment: { after: 'migration/freeze.json' }, deed: { kind: 'start-twice' } }],
  }),
};
