import { createHash } from 'node:crypto';
import { ATTACKS } from './attacks.ts';
import { scenarioOf } from './chance.ts';
import { run } from './run.ts';
import { plainCopy, plainMigration, versionedMigration, type Crash, type Scenario } from './scenario.ts';
import type { Outcome } from './simulation.ts';

/**
 * The program of the workers. Says one line of JSON for each run that broke a promise, and the sums at the end.
 *
 *   seeds FROM COUNT                      random runs
 *   singles BASE WHEN WHOM FROM STEP      a crash at every STEPth effect of a plain run, beginning with FROM
 *   pairs BASE FROM STEP                  two crashes, each at the boundary of a state
 *   attacks [NAME…]                       the runs that guards are tried with
 *   show BASE|ATTACK|SEED [AT WHEN WHOM]  one run with everything that happens in it
 */
const BASES: Readonly<Record<string, (seed: number) => Scenario>> = {
  copy: plainCopy,
  migration: plainMigration,
  versions: versionedMigration,
};
const scenarioNamed = (name: string): Scenario => BASES[name]?.(1) ?? ATTACKS[name]?.() ?? scenarioOf(Number(name));

const say = (value: unknown): void => console.log(JSON.stringify(value));

class Sums {
  private runs = 0;
  private effects = 0;
  private violated = 0;
  private readonly endings: Record<string, number> = {};
  private readonly digest = createHash('sha256');
  private readonly startedAt = process.cpuUsage();

  async take(scenario: Scenario, how: unknown): Promise<Outcome> {
    const outcome = await run(scenario).catch((error: unknown): Outcome => failed(scenario.seed, error));
    this.runs += 1;
    this.effects += outcome.effectCount;
    this.endings[outcome.ending] = (this.endings[outcome.ending] ?? 0) + 1;
    this.digest.update(outcome.digest);
    if (outcome.violations.length > 0) {
      this.violated += 1;
      say({ how, violations: outcome.violations });
    }
    return outcome;
  }

  tell(): void {
    const { runs, effects, violated, endings } = this;
    const { user, system } = process.cpuUsage(this.startedAt);
    say({ runs, effects, violated, endings, digest: this.digest.digest('hex'), cpuMs: (user + system) / 1000 });
  }
}

/** What is thrown where nobody waits for it is a promise broken, too. */
const failed = (seed: number, error: unknown): Outcome => ({
  seed,
  violations: [`the run failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`],
  ending: 'thrown',
  effectCount: 0,
  digest: 'thrown',
  trace: [],
});

const sums = new Sums();

async function seeds(from: number, count: number): Promise<void> {
  for (let seed = from; seed < from + count; seed += 1) await sums.take(scenarioOf(seed), { seed });
}

async function singles(base: string, when: Crash['when'], whom: Crash['whom'], from: number, step: number) {
  const { effectCount } = await run(scenarioNamed(base));
  for (let at = from; at <= effectCount; at += step) {
    const crash: Crash = { at, when, whom, downMs: 1000 };
    await sums.take({ ...scenarioNamed(base), crashes: [crash] }, { base, crash });
  }
}

/** The engine writes down that a state ended just before the next one begins. */
async function boundariesOf(base: string): Promise<number[]> {
  const { trace } = await run(scenarioNamed(base), { keepsTrace: true });
  const flushes = trace.filter((line) => / p1 flushes (copy|migrate)\/[^#]*$/.test(line));
  return flushes.map((line) => Number(line.split(' ')[0]));
}

async function pairs(base: string, from: number, step: number): Promise<void> {
  const boundaries = await boundariesOf(base);
  const all = boundaries.flatMap((first) =>
    boundaries.filter((second) => second > first).map((second) => [first, second]),
  );
  for (let index = from; index < all.length; index += step) {
    const crashes = (all[index] ?? []).map((at, turn): Crash => {
      return { at, when: turn === 0 ? 'answer-lost' : 'before-journal', whom: 'machine', downMs: 1000 };
    });
    await sums.take({ ...scenarioNamed(base), crashes }, { base, crashes });
  }
}

async function show(name: string, crash: readonly string[]): Promise<void> {
  const [at, when = 'before', whom = 'machine'] = crash;
  const crashes = at === undefined ? {} : { crashes: [{ at: Number(at), when, whom, downMs: 1000 } as Crash] };
  const { trace, ...outcome } = await run({ ...scenarioNamed(name), ...crashes }, { keepsTrace: true });
  console.log(trace.join('\n'));
  console.log(outcome);
}

const [, , command = '', ...words] = process.argv;
const number = (index: number): number => Number(words[index] ?? 1);
switch (command) {
  case 'seeds':
    await seeds(number(0), number(1));
    break;
  case 'singles':
    await singles(words[0] ?? '', words[1] as Crash['when'], words[2] as Crash['whom'], number(3), number(4));
    break;
  case 'pairs':
    await pairs(words[0] ?? '', number(1), number(2));
    break;
  case 'attacks':
    for (const name of words.length > 0 ? words : Object.keys(ATTACKS)) await sums.take(scenarioNamed(name), name);
    break;
  case 'show':
    await show(words[0] ?? '', words.slice(1));
    break;
  default:
    throw new Error(`There is no command "${command}".`);
}
if (command !== 'show') sums.tell();
