import { expect, test } from 'vitest';
import type { NameWaitDocument } from '../../../domain/migration.ts';
import { paths } from '../../../domain/job-documents.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../../domain/time.ts';
import { definitions, substitutionsFor } from '../../../local/definitions.ts';
import { Engine } from '../../../local/engine/engine.ts';
import type { JournalLine } from '../../../local/engine/events.ts';
import { eventsOfStepFunctions } from '../../../local/engine/history.ts';
import { MemoryJournals } from '../../../local/engine/journal.ts';
import { steps } from '../../../functions/steps/index.ts';
import { VirtualClock } from '../../engine/virtual-clock.ts';
import { seededRandom } from '../../support/time.ts';
import { AfterGate, MIGRATION_ID, SOURCE } from './after-gate.ts';

/** Half of what Step Functions takes of one execution, which is 25,000 (Step Functions quotas). */
const EVENTS_MAX = 20_000;

/** The flows as they are, and the real step that asks for the name, from the deleted source to the got name. */
async function waitFor(releaseMs: number) {
  const world = await AfterGate.begin();
  await world.deleteSource();
  const clock = new VirtualClock(new Date(world.clock.nowMs()).toISOString());
  const releasedAtMs = clock.nowMs() + releaseMs;
  const journals = new MemoryJournals();
  const reached: string[] = [];
  const engine = Engine.load({
    definitions,
    substitutions: substitutionsFor(Object.keys(steps)),
    journals,
    clock,
    random: seededRandom(1),
    resources: {
      invokeFunction: async ({ functionName }, { signal }) => {
        world.clock.advance(clock.nowMs() - world.clock.nowMs());
        if (functionName === 'checkMigration') return { stage: 'deleted', shardsAtOnceMax: 1, roundsMax: 1 };
        if (functionName === 'claimName') {
          world.storage.claims.set(SOURCE, clock.nowMs() < releasedAtMs ? ['busy'] : []);
          return world.step('claimName');
        }
        reached.push(functionName); // the name was got, or a person is asked: here this test ends
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('closed'))));
      },
      runTask: () => Promise.reject(new Error('no task belongs to waiting')),
      readItems: async function* () {},
    },
  });
  await engine.start('migrate', MIGRATION_ID, { jobId: MIGRATION_ID });
  while (reached.length === 0) await clock.advance(MINUTE_MS / 2);
  const events = engine.list().map(({ machine, name }) =>
    journals
      .lines(`${machine}/${name}`)
      .map((line) => eventsOfStepFunctions(JSON.parse(line) as JournalLine))
      .reduce((sum, count) => sum + count, 0),
  );
  const late = { ms: (world.final?.claimedAtMs ?? NaN) - releasedAtMs };
  await engine.close();
  return { events, reached, late, tries: world.json<NameWaitDocument>(paths.nameWait(MIGRATION_ID))?.tryCount ?? 0 };
}

test('a name that comes free after almost 30 days is got within a minute, and no execution has 20,000 events', async () => {
  const { events, reached, late, tries } = await waitFor(30 * DAY_MS - 1 * MINUTE_MS);

  expect(reached).toEqual(['prepareDestinationBucket']);
  expect(late.ms).toBeGreaterThanOrEqual(0);
  expect(late.ms).toBeLessThanOrEqual(MINUTE_MS);
  expect(tries).toBeGreaterThan(40_000);
  expect(Math.max(...events)).toBeLessThan(EVENTS_MAX);
  expect(events.length).toBeGreaterThan(40);
}, 120_000);

test.each([0, 5 * SECOND_MS, 59 * MINUTE_MS, 3 * DAY_MS])(
  'a name that comes free after %i ms is got within a minute',
  async (releaseMs) => {
    const { reached, late } = await waitFor(releaseMs);

    expect(reached).toEqual(['prepareDestinationBucket']);
    expect(late.ms).toBeLessThanOrEqual(MINUTE_MS);
  },
);
