import { DAY_MS } from '../../domain/time.ts';
import { Person } from './person.ts';
import { Simulation, type Outcome } from './simulation.ts';
import type { Scenario } from './scenario.ts';
import { Watch } from './watch.ts';
import { setUp } from './set-up.ts';
import { OtherPeople } from './deeds.ts';

/** More steps than any run takes; a loop that never ends shows as a violation. */
const STEPS_MAX = 60_000;
/** A person may have to look again before something is left to wait for. */
const STILLS_MAX = 10;
const VIRTUAL_MS_MAX = 60 * DAY_MS;

/** Runs a whole job in virtual time, with everything that the scenario lets go wrong. */
export async function run(scenario: Scenario, options: { keepsTrace?: boolean } = {}): Promise<Outcome> {
  const simulation = new Simulation(scenario, options.keepsTrace ?? false);
  const person = new Person(simulation);
  const { scheduler } = simulation;
  const watch = new Watch(simulation, person);
  const others = new OtherPeople(simulation, person);
  simulation.carryOut = (deed) => others.carryOut(deed);
  await setUp(simulation);
  watch.begin();
  scheduler.beforeTimeMoves = (toMs) => person.look(toMs);
  const startedMs = simulation.nowMs;

  let stills = 0;
  for (let steps = 0; !person.isDone && simulation.violations.length === 0; steps += 1) {
    const hasMoved = await scheduler.step();
    stills = hasMoved ? 0 : stills + 1;
    if (stills > STILLS_MAX) simulation.violate('nothing moves any more, and the job has not ended');
    if (steps > STEPS_MAX) simulation.violate(`the job has not ended after ${STEPS_MAX} steps`);
    if (simulation.nowMs - startedMs > VIRTUAL_MS_MAX) simulation.violate('the job has not ended after 60 days');
  }
  if (simulation.violations.length === 0) watch.atTheEnd();
  return {
    seed: scenario.seed,
    violations: simulation.violations,
    ending: watch.ending(),
    effectCount: scheduler.effectCount,
    digest: scheduler.digest(),
    trace: scheduler.trace,
  };
}
