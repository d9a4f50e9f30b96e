import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ATTACKS } from './attacks.ts';
import { GUARDS } from './guards.ts';
import { openSimulation } from './workers.ts';

/** What the random runs may cost on one core; how many that are is told by the first of them. */
const SEEDS_CPU_MS = 150_000;
const CALIBRATION_RUNS = 20;
/** All crash points of a migration take a quarter of an hour; each `npm test` takes every so manieth of them. */
const MIGRATION_STEP = 12;

const root = process.cwd();
let simulation: Awaited<ReturnType<typeof openSimulation>>;

beforeAll(async () => {
  simulation = await openSimulation(root);
});
afterAll(() => simulation.close());

describe('whole jobs in virtual time', () => {
  test('the same seed is the same run, effect by effect', async () => {
    const [first, second] = await Promise.all([simulation.run('seeds', '1', '8'), simulation.run('seeds', '1', '8')]);

    expect(second?.sums).toMatchObject({ runs: 8, effects: first?.sums.effects, digest: first?.sums.digest });
  });

  test('nothing is lost when one thing goes wrong at the worst moment', async () => {
    const told = await simulation.run('attacks');

    expect(told).toMatchObject({ violated: [], sums: { runs: Object.keys(ATTACKS).length } });
  });

  test.each(['before', 'answer-lost', 'before-journal'])(
    'a copy goes on after a crash at any of its effects: %s',
    async (when) => {
      const { violated, sums } = await simulation.run('singles', 'copy', when, 'machine', '1', '1');

      expect(violated).toEqual([]);
      expect(sums.runs).toBeGreaterThan(50);
    },
  );

  test.each([
    ['migration', 'before', 'machine', '1'],
    ['migration', 'answer-lost', 'machine', '5'],
    ['migration', 'before-journal', 'machine', '9'],
    ['migration', 'answer-lost', 'task', '3'],
    ['versions', 'answer-lost', 'program', '7'],
  ])('a %s goes on after crashes at its effects: %s, %s', async (base, when, whom, from) => {
    const { violated, sums } = await simulation.run('singles', base, when, whom, from, String(MIGRATION_STEP));

    expect(violated).toEqual([]);
    expect(sums.runs).toBeGreaterThan(20);
  });

  test('nothing is lost by whatever goes wrong together', async () => {
    const calibration = await simulation.run('seeds', '1', String(CALIBRATION_RUNS));
    const each = calibration.sums.cpuMs / CALIBRATION_RUNS;
    const count = Math.max(CALIBRATION_RUNS, Math.floor(SEEDS_CPU_MS / each));
    const { violated } = await simulation.run('seeds', String(1 + CALIBRATION_RUNS), String(count));

    expect([...calibration.violated, ...violated]).toEqual([]);
  });
});

describe('a guard that is taken out is missed', () => {
  test('there are many, each with a name and an attack of its own', () => {
    expect(GUARDS.length).toBeGreaterThanOrEqual(24);
    expect(new Set(GUARDS.map(({ name }) => name)).size).toBe(GUARDS.length);
    expect(GUARDS.filter(({ attack }) => !(attack in ATTACKS))).toEqual([]);
  });

  test.each(GUARDS.map(({ name, attack, edits }) => [name, attack, edits] as const))(
    '%s: %s',
    async (_name, attack, edits) => {
      const without = await openSimulation(root, edits);
      const { violated } = await without.run('attacks', attack);
      without.close();

      expect(violated).not.toEqual([]);
    },
  );
});
