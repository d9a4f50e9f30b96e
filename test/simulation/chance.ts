import type { JobRequestInput } from '../../domain/job-request.ts';
import type { FaultRule } from '../../local/sandbox/faults.ts';
import { seededRandom } from '../support/time.ts';
import {
  plainCopy,
  plainMigration,
  type Crash,
  type Deed,
  type Happening,
  type Moment,
  type Scenario,
  type SourceObject,
} from './scenario.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Everything that a seed decides. */
class Dice {
  private readonly random;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    // The first numbers of neighbouring seeds are alike.
    for (let turn = 0; turn < 4; turn += 1) this.random.next();
  }

  chance(probability: number): boolean {
    return this.random.next() < probability;
  }

  upTo(max: number): number {
    return Math.floor(this.random.next() * (max + 1));
  }

  one<T>(...values: readonly [T, ...T[]]): T {
    return values[this.upTo(values.length - 1)] ?? values[0];
  }

  some<T>(countMax: number, make: () => T): T[] {
    return Array.from({ length: this.upTo(countMax) }, make);
  }
}

/** What goes wrong in the run of a seed: any mixture, from nothing to everything at once. */
export function scenarioOf(seed: number): Scenario {
  const dice = new Dice(seed);
  const isCopy = dice.chance(0.1);
  const base = isCopy ? plainCopy(seed) : plainMigration(seed);
  const isVersioned = !isCopy && dice.chance(0.25);
  // Half of the seeds have other people at work; the others only trouble that passes, so that the job must end well.
  const happenings = dice.chance(0.5) ? dice.some(3, () => happening(dice)) : [];
  const mustEndWell = happenings.every(({ deed }) => HARMLESS.has(deed.kind));
  return {
    ...base,
    request: { ...base.request, options: { ...base.request.options, ...optionsOf(dice) } },
    objects: objectsOf(dice, isVersioned),
    isVersioned,
    hasPolicy: dice.chance(0.3),
    cloud: {
      nameReleaseDelayMs: dice.one(0, 20 * SECOND, 5 * MINUTE, 3 * HOUR),
      policyDelayMs: dice.one(0, 0, 0, 4 * SECOND, 12 * SECOND),
    },
    disorder: dice.one(0, 0.3, 1),
    slowness: dice.one(
      { chance: 0, waitMsMax: 0 },
      { chance: 0.05, waitMsMax: 20 * SECOND },
      { chance: 0.02, waitMsMax: 20 * MINUTE },
    ),
    crashes: dice.some(4, () => crash(dice, isCopy ? 150 : 700)),
    faults: dice.chance(0.6) ? dice.some(4, () => fault(dice)) : [],
    happenings,
    person: {
      consentAfterMs: dice.one<number | 'never'>(0, 0, 10 * MINUTE, 30 * HOUR, 'never'),
      // Days of asking for a name that their own bucket has would tell nothing more.
      aboutName: happenings.some(({ deed }) => deed.kind === 'take-name-themselves')
        ? dice.one('other-name', 'keep-temporary')
        : dice.one('keep-waiting', 'other-name', 'keep-temporary', 'rebuild-source'),
      redrivesMax: 10,
    },
    mustEndWell,
    expectsWhole: happenings.every(
      ({ deed }) => deed.kind !== 'write' && deed.kind !== 'delete' && deed.kind !== 'tidy',
    ),
  };
}

function optionsOf(dice: Dice): NonNullable<JobRequestInput['options']> {
  return {
    inFlightMax: 1 + dice.upTo(3),
    shardsAtOnceMax: 1 + dice.upTo(1),
    shardObjectCountMax: 1 + dice.upTo(2),
    batchObjectCountMax: 1 + dice.upTo(2),
    evidence: dice.one('standard', 'strict'),
    compareAttributes: dice.one('rebuilt', 'every'),
    quarantineDays: dice.one(0, 1, 7),
  };
}

const KEYS = ['alpha', 'beta/é', 'beta/+%20&', 'gamma', 'photo<1>', 'zeta', 'z\u{1f600}'];

function objectsOf(dice: Dice, isVersioned: boolean): SourceObject[] {
  const count = dice.upTo(5);
  return KEYS.slice(0, count).map((key, index) => ({
    key,
    bodies: isVersioned ? historyOf(dice, index) : [bodyOf(dice, index)],
    headers: {
      ...(dice.chance(0.5) ? { 'content-type': 'text/plain' } : {}),
      ...(dice.chance(0.3) ? { 'x-amz-meta-number': String(index) } : {}),
      ...(dice.chance(0.2) ? { 'x-amz-tagging': `n=${index}` } : {}),
    },
  }));
}

const bodyOf = (dice: Dice, index: number): string => dice.one(`content ${index}`, '', 'the same everywhere');
const historyOf = (dice: Dice, index: number): (string | null)[] =>
  Array.from({ length: 1 + dice.upTo(2) }, (_, age) =>
    age > 0 && dice.chance(0.3) ? null : `${bodyOf(dice, index)} ${age}`,
  );

function crash(dice: Dice, effectsMax: number): Crash {
  return {
    at: 1 + dice.upTo(effectsMax),
    when: dice.one('before', 'answer-lost', 'before-journal'),
    whom: dice.one('machine', 'machine', 'program', 'task'),
    downMs: dice.one(0, SECOND, SECOND, 10 * MINUTE, 2 * HOUR),
  };
}

const OPERATIONS = [
  'CopyObject',
  'ListObjectsV2',
  'ListObjectVersions',
  'DeleteObjects',
  'DeleteObject',
  'DeleteBucket',
  'CreateBucket',
  'PutBucketPolicy',
  'GetBucketPolicy',
  'HeadObject',
  'HeadBucket',
  'AssumeRole',
  'GetObject',
  'GetBucketTagging',
  'PutBucketVersioning',
] as const;

function fault(dice: Dice): FaultRule {
  const operation = dice.one(...OPERATIONS);
  const isListing = operation.startsWith('List');
  return {
    operation,
    ...(dice.chance(0.5) ? { nth: 1 + dice.upTo(4) } : { probability: 0.3, times: 1 + dice.upTo(5) }),
    fault: dice.one<FaultRule['fault']>(
      { kind: 'refuse', code: 'SlowDown', status: 503 },
      { kind: 'refuse', code: 'InternalError', status: 500 },
      operation === 'AssumeRole'
        ? { kind: 'refuse', code: 'InternalError', status: 500 }
        : { kind: 'refuse', code: 'ExpiredToken', status: 400 },
      { kind: 'lose-connection', when: 'before-effect' },
      { kind: 'lose-connection', when: 'after-effect' },
      operation === 'CopyObject'
        ? { kind: 'error-in-200', code: 'InternalError', hasEffect: dice.chance(0.5) }
        : isListing
          ? { kind: 'spoil-body', as: dice.one('blank', 'html', 'truncated') }
          : { kind: 'delay', waitMs: 30 * SECOND },
      { kind: 'delay', waitMs: dice.one(SECOND, 3 * MINUTE) },
    ),
  };
}

/** What passes, or harms nobody. */
const HARMLESS: ReadonlySet<Deed['kind']> = new Set([
  'start-twice',
  'janitor-looks',
  'consent',
  'stop',
  'redrive',
  'role-is-shut',
]);

/** Moments at which something turns: what comes just before them is most likely not expected. */
const TURNS = [
  `PUT /${'photos'}/?policy`,
  'migration/freeze.json',
  'plan/summary.json',
  'x-amz-copy',
  'milestones/copied',
  'verify/',
  'proof/candidate.json',
  'proof/summary.json',
  'consent.json',
  'milestones/emptying-began',
  'POST /photos/?delete',
  'DELETE /photos/',
  'milestones/source-deleted',
  'migration/final-bucket.json',
  'copy-back/plan',
  'copy-back/verify',
  'milestones/returned',
  'milestones/quarantine',
  'milestones/undo-began',
] as const;

function moment(dice: Dice): Moment {
  if (dice.chance(0.4)) return { effect: 1 + dice.upTo(600) };
  return { like: dice.one(...TURNS), nth: 1 + dice.upTo(1) };
}

function happening(dice: Dice): Happening {
  return { moment: moment(dice), deed: deed(dice) };
}

function deed(dice: Dice): Deed {
  switch (dice.upTo(10)) {
    case 0:
      return {
        kind: dice.one('write', 'delete'),
        owner: 'a',
        key: dice.one('alpha', 'gamma', 'new'),
        body: 'written late',
      };
    case 1:
      return { kind: 'write', owner: dice.one('a', 'b'), key: dice.one('alpha', 'new'), body: 'content 0' };
    case 2:
      return { kind: dice.one('start-twice', 'redrive', 'janitor-looks') };
    case 3:
      return { kind: 'stop' };
    case 4:
      return { kind: 'consent', how: dice.one('right', 'wrong-name', 'old-digest') };
    case 5:
      return {
        kind: dice.one('role-is-shut', 'role-is-replaced'),
        side: dice.one('a', 'b'),
        forMs: dice.one(MINUTE, HOUR),
      };
    case 6:
      return {
        kind: 'tidy',
        what: dice.one('object', 'policy-and-object', 'policy', 'everything', 'overwrite', 'tags'),
      };
    case 7:
      return { kind: 'edit-policy', how: dice.one('drop', 'add') };
    case 8:
      return { kind: 'stranger-takes-name', leavesAfterMs: dice.one(10 * MINUTE, 3 * HOUR) };
    case 9:
      return { kind: dice.one('replace-source', 'take-name-themselves') };
    default:
      return {
        kind: 'damage',
        path: dice.one('proof/summary.json', 'proof/1/', 'consent.json', 'shards', 'results', 'verify/', 'migration/'),
        how: dice.one('cut', 'change', 'change-number', 'remove', 'add-line'),
      };
  }
}
