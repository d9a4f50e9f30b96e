import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { behaviours } from './behaviour/index.ts';
import type { Difference } from './differences.ts';
import type { World } from './world.ts';

/**
 * The same promises against every S3 that this project trusts as a stand-in for AWS.
 * `differences` names what the server does otherwise; an entry that no longer differs fails, so the table stays true.
 */
export function describeS3Behaviour(
  name: string,
  setUp: () => Promise<World>,
  differences: readonly Difference[],
): void {
  describe(name, () => {
    let world: World | undefined;
    beforeAll(async () => {
      world = await setUp();
    });
    afterAll(async () => {
      await world?.close();
    });
    const theWorld = (): World => {
      if (!world) throw new Error('the server did not start');
      return world;
    };

    test('every behaviour has one name, and every difference names a behaviour', () => {
      const names = behaviours.map((behaviour) => behaviour.id);
      const named = differences.map((difference) => difference.behaviour);

      expect(new Set(names).size).toBe(names.length);
      expect(new Set(named).size).toBe(named.length);
      expect(named.filter((id) => !names.includes(id))).toEqual([]);
    });

    for (const behaviour of behaviours) {
      const difference = differences.find((each) => each.behaviour === behaviour.id);
      if (!difference) {
        test(`${behaviour.id}: ${behaviour.promise}`, () => behaviour.check(theWorld()));
        continue;
      }
      test(`${behaviour.id}: differs from AWS: ${difference.here}`, async () => {
        const seen = await failureOf(() => behaviour.check(theWorld()));

        expect(seen, 'behaves as AWS does: take it out of the table').toBeDefined();
        expect(seen).toMatch(difference.seenAs);
      });
    }
  });
}

async function failureOf(check: () => Promise<void>): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}
