import { describe, expect, test } from 'vitest';
import { jsonText } from '../../../domain/document-access.ts';
import { paths } from '../../../domain/job-documents.ts';
import type { NameWaitDocument } from '../../../domain/migration.ts';
import type { StepPorts, steps } from '../../../functions/steps/index.ts';
import { AfterGate, MIGRATION_ID, SOURCE, TEMPORARY, type MigrationSetup } from './after-gate.ts';
import { Crash, CrashingPorts, type CrashPoint } from './crashing.ts';

type StepName = keyof typeof steps;
/** A step, or what tasks and people do in between. */
type Act = StepName | ((world: AfterGate) => Promise<unknown> | void);
type Story = Readonly<{ setup: MigrationSetup; acts: readonly Act[] }>;

const copyInto =
  (bucket: string, transfer: 'copy-back' | 'undo'): Act =>
  async (world) => {
    const target = world.storage.bucket(bucket);
    for (const [key, object] of world.storage.bucket(TEMPORARY).objects) target.objects.set(key, { ...object });
    await world.verdict(transfer);
  };
const empty =
  (role: 'source' | 'temporary', allows?: (key: string) => boolean): Act =>
  (world) =>
    world.empty(role, allows);

const FORWARD: Story = {
  setup: { options: { quarantineDays: 0 } },
  acts: [
    (world) => void world.storage.claims.set(SOURCE, ['busy', 'taken']),
    (world) => void world.storage.uploads.set('open', { bucket: SOURCE, key: 'x', uploadId: 'open' }),
    empty('source'),
    'lookAtEmptiedSource',
    'deleteSource',
    'claimName',
    'claimName',
    'claimName',
    'prepareDestinationBucket',
    copyInto(SOURCE, 'copy-back'),
    'checkReturn',
    'beginQuarantine',
    'endQuarantine',
    'openTemporaryBucket',
    empty('temporary'),
    'deleteTemporaryBucket',
    'finishMigration',
  ],
};

const KEPT: Story = {
  setup: {},
  acts: [
    empty('source'),
    'lookAtEmptiedSource',
    'deleteSource',
    (world) => world.write(paths.answer(MIGRATION_ID, 'name'), { choice: 'keep-temporary', by: 'A Person', atMs: 1 }),
    'claimName',
    'prepareDestinationBucket',
    'openTemporaryBucket',
    'checkReturn',
    'beginQuarantine',
    'endQuarantine',
    'deleteTemporaryBucket',
    'finishMigration',
  ],
};

const BACK: Story = {
  setup: {},
  acts: [
    empty('source', (key) => key !== 'b'),
    'checkUndo',
    copyInto(SOURCE, 'undo'),
    'thawSource',
    'openTemporaryBucket',
    empty('temporary'),
    'deleteTemporaryBucket',
    'finishUndo',
  ],
};

const FAILED: Story = {
  setup: { passed: ['started', 'source-frozen', 'temporary-bucket-created', 'proof-sealed'] },
  acts: ['settleAfterFailure'],
};

/** Tells the story; a step whose process died is begun again by a new one, as the flow does. */
async function tell({ setup, acts }: Story, at?: CrashPoint): Promise<{ world: AfterGate; effectCount: number }> {
  const world = await AfterGate.begin({ objects: { a: '1', b: '22', c: '333' }, ...setup });
  const crashing = new CrashingPorts(world.ports, at);
  for (const act of acts) {
    if (typeof act === 'string') await survive(world, act, crashing.ports);
    else await act(world);
  }
  return { world, effectCount: crashing.effectCount };
}

async function survive(world: AfterGate, name: StepName, ports: StepPorts): Promise<void> {
  try {
    await world.step(name, {}, ports);
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    await world.step(name);
  }
}

/** Everything that a person or another job can see afterwards. Times stand still in these stories. */
function endOf(world: AfterGate): unknown {
  const buckets = [...world.storage.buckets].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    documents: [...world.documents.documents.keys()].sort().map((path) => [path, textOf(world, path)]),
    uploads: world.storage.uploads.size,
    buckets: buckets.map(([name, { account, facts, objects, policy }]) => {
      const bodies = [...objects].map(([key, { body }]) => [key, body]);
      return { name, account, facts, bodies: bodies.sort(), policy };
    }),
  };
}

/** How often was tried and what was counted twice is for people only. */
function textOf(world: AfterGate, path: string): string {
  if (path.endsWith('.gz') || path.endsWith('.jsonl')) return path;
  const document = world.json<Record<string, unknown>>(path) ?? {};
  if (path === paths.report(MIGRATION_ID)) delete (document['migration'] as { nameWait?: NameWaitDocument }).nameWait;
  const {
    tryCount: _tries,
    lastOutcome: _last,
    abortedUploadCount: _aborted,
    takenSinceMs: _taken,
    ...told
  } = document;
  return jsonText(told);
}

async function everyPoint(story: Story): Promise<CrashPoint[]> {
  const { effectCount } = await tell(story, { effect: -1, when: 'before' });
  return Array.from({ length: effectCount }, (_, effect) => effect).flatMap((effect) => [
    { effect, when: 'before' },
    { effect, when: 'after' },
  ]);
}

describe('a process that dies at any effect, or right after it, and is begun again', () => {
  test.each<[string, Story, number]>([
    ['brings the bucket under its name all the same', FORWARD, 25],
    ['ends with the temporary bucket as the final one all the same', KEPT, 15],
    ['brings everything back all the same', BACK, 8],
    ['leaves the source thawed all the same', FAILED, 3],
  ])('%s', async (_, story, effectsMin) => {
    const expected = endOf((await tell(story)).world);
    const points = await everyPoint(story);

    for (const point of points) {
      const { world } = await tell(story, point);
      expect(endOf(world), JSON.stringify(point)).toEqual(expected);
    }

    expect(points.length).toBeGreaterThanOrEqual(2 * effectsMin);
  });

  test('never has fewer than one bucket with every object', async () => {
    for (const point of await everyPoint(FORWARD)) {
      const { world } = await tell({ ...FORWARD, acts: FORWARD.acts.flatMap((act) => [act, holdsEverything]) }, point);
      expect(world.hasPassed('finished')).toBe(true);
    }
  });
});

function holdsEverything({ storage }: AfterGate): void {
  const holders = [...storage.buckets.values()].filter(({ objects }) =>
    Object.entries({ a: '1', b: '22', c: '333' }).every(([key, body]) => objects.get(key)?.body === body),
  );
  expect(holders.length).toBeGreaterThan(0);
}
