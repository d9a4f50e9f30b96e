import type { JobRequestInput } from '../../domain/job-request.ts';
import type { FaultRule } from '../../local/sandbox/faults.ts';
import type { SandboxSetup } from '../../local/sandbox/world.ts';

export const BUCKET = 'photos';

/** Where the program, or one of its tasks and functions, dies. */
export type Crash = Readonly<{
  /** The number of the effect. */
  at: number;
  /**
   *   before          the effect does not happen
   *   answer-lost     it happens, and nobody is told
   *   before-journal  it happens and is told, and nothing of that is written down
   */
  when: 'before' | 'answer-lost' | 'before-journal';
  /** `program`: its tasks and functions work on without it, beside those of its next life. */
  whom: 'machine' | 'program' | 'task';
  downMs: number;
}>;

/** Just before the nth effect whose words hold these, just after it, or before the effect of that number. */
export type Moment = Readonly<{ effect: number } | { like: string; nth: number } | { after: string }>;

/** What other people do, and what the person does besides waiting. */
export type Deed =
  /** An application of the person's writes under the name of the bucket, wherever that leads now. */
  | Readonly<{ kind: 'write' | 'delete'; owner: 'a' | 'b'; key: string; body: string }>
  /** The policy of the source, as it was just put, takes so long to come into force. */
  | Readonly<{ kind: 'freeze-is-late'; byMs: number }>
  /** A write that was on its way when the source was frozen, and arrives now. */
  | Readonly<{ kind: 'write-past-freeze'; key: string; body: string }>
  | Readonly<{ kind: 'stop' | 'start-twice' | 'redrive' | 'janitor-looks' }>
  | Readonly<{ kind: 'consent'; how: 'right' | 'wrong-name' | 'old-digest' }>
  /** The role may do nothing for a while; or it is deleted and made again, as another one. */
  | Readonly<{ kind: 'role-is-shut' | 'role-is-replaced'; side: 'a' | 'b'; forMs: number }>
  /** Somebody with an administrator's rights tidies up in the temporary bucket. */
  | Readonly<{
      kind: 'tidy';
      /** `copy-still-needed`: of an object that the source holds too; `tags`: those of the bucket. */
      what: 'object' | 'policy-and-object' | 'policy' | 'everything' | 'overwrite' | 'copy-still-needed' | 'tags';
    }>
  /** The person deletes their bucket and makes one of the same name with the same objects and policy. */
  | Readonly<{ kind: 'replace-source' }>
  /** The name, in the moment it comes free, goes to a bucket that the person makes themselves in the other account. */
  | Readonly<{ kind: 'take-name-themselves' }>
  /** Somebody takes the statements out of the source's policy, or adds one. */
  | Readonly<{ kind: 'edit-policy'; how: 'drop' | 'add' }>
  /** Somebody clears the document away by which a bucket is this job's alone. */
  | Readonly<{ kind: 'lose-lease' }>
  | Readonly<{ kind: 'stranger-takes-name'; leavesAfterMs: number }>
  | Readonly<{ kind: 'damage'; path: string; how: 'cut' | 'change' | 'change-number' | 'remove' | 'add-line' }>;

export type Happening = Readonly<{ moment: Moment; deed: Deed }>;

export type SourceObject = Readonly<{
  key: string;
  /** Oldest first; `null` is a delete marker. */
  bodies: readonly (string | null)[];
  headers: Readonly<Record<string, string>>;
}>;

export type Scenario = Readonly<{
  seed: number;
  request: JobRequestInput;
  objects: readonly SourceObject[];
  isVersioned: boolean;
  /** A policy that the bucket has already; the same must stand there after an undo. */
  hasPolicy: boolean;
  cloud: Omit<SandboxSetup, 'accounts'>;
  disorder: number;
  slowness: Readonly<{ chance: number; waitMsMax: number }>;
  crashes: readonly Crash[];
  faults: readonly FaultRule[];
  happenings: readonly Happening[];
  person: Readonly<{
    /** How long they think before they consent; `never`: they stop the job instead. */
    consentAfterMs: number | 'never';
    /** What they do about a name that somebody has taken. */
    aboutName: 'keep-waiting' | 'other-name' | 'keep-temporary' | 'rebuild-source';
    redrivesMax: number;
  }>;
  /** Nothing happens that a person or time could not heal: then the job must end well. */
  mustEndWell: boolean;
  /** Nobody writes to the source of a copy after it began: then both sides are the same at the end. */
  expectsWhole: boolean;
}>;

const objects = (count: number): SourceObject[] =>
  ['alpha', 'beta/é', 'beta/+%20&', 'gamma', 'photo<1>', 'zeta'].slice(0, count).map((key, index) => ({
    key,
    bodies: [`content ${index}`],
    headers: { 'content-type': 'text/plain', 'x-amz-meta-number': String(index) },
  }));

const plain = {
  isVersioned: false,
  hasPolicy: false,
  cloud: {},
  disorder: 0,
  slowness: { chance: 0, waitMsMax: 0 },
  crashes: [],
  faults: [],
  happenings: [],
  person: { consentAfterMs: 0, aboutName: 'keep-waiting', redrivesMax: 8 },
  mustEndWell: true,
  expectsWhole: true,
} as const;

/** A small copy in which nothing goes wrong. */
export function plainCopy(seed: number): Scenario {
  return {
    ...plain,
    seed,
    request: {
      kind: 'copy',
      source: { connection: 'a', bucket: BUCKET },
      destination: { connection: 'b', bucket: `${BUCKET}-copied` },
      options: { inFlightMax: 2, shardObjectCountMax: 2, batchObjectCountMax: 2 },
    },
    objects: objects(4),
  };
}

/** A small migration in which nothing goes wrong. */
export function plainMigration(seed: number): Scenario {
  return {
    ...plain,
    seed,
    request: {
      kind: 'migrate',
      source: { connection: 'a', bucket: BUCKET },
      destination: { connection: 'b' },
      options: { inFlightMax: 2, shardObjectCountMax: 2, batchObjectCountMax: 2, quarantineDays: 1 },
    },
    objects: objects(3),
    cloud: { nameReleaseDelayMs: 40_000 },
  };
}

/** The same with versions and delete markers. */
export function versionedMigration(seed: number): Scenario {
  return {
    ...plainMigration(seed),
    isVersioned: true,
    objects: [
      { key: 'alpha', bodies: ['first', 'second'], headers: {} },
      { key: 'beta/é', bodies: ['only', null], headers: { 'x-amz-meta-a': 'b' } },
      { key: 'gamma', bodies: ['one'], headers: {} },
    ],
  };
}
