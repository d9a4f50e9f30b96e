import { parseArgs } from 'node:util';
import { GUARDS } from './guards.ts';
import { openSimulation, together, type Told } from './workers.ts';

const HELP = `npm run simulate -- [options]

Runs whole jobs against the sandbox in virtual time, with everything going wrong, and checks after every effect that
nothing of the person's was lost.

  --seeds N        so many random runs (1000)
  --from S         beginning with this seed (1)
  --seed S         only this seed, with everything that happens in it; also copy, migration, versions or an attack
  --singles BASE   a crash at every effect of a plain run: copy, migration or versions
  --pairs BASE     two crashes, at every pair of state boundaries
  --attacks        the runs that guards are tried with
  --guard NAME     takes this guard out and runs its attack, which must fail; "all" does it with each
  --workers N      processes at the same time (1)
  --help
`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    singles: { type: 'string' },
    pairs: { type: 'string' },
    attacks: { type: 'boolean', default: false },
    guard: { type: 'string' },
    workers: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

const root = process.cwd();
const workers = Math.max(1, Number(values.workers));

/** A worker gets so many seeds at a time: what it found is then told while the others go on. */
const SEEDS_AT_ONCE = 100;

async function manySeeds(from: number, count: number): Promise<Told[]> {
  const simulation = await openSimulation(root);
  const told: Told[] = [];
  let next = from;
  const lane = async (): Promise<void> => {
    while (next < from + count) {
      const first = next;
      next += SEEDS_AT_ONCE;
      const one = await simulation.run('seeds', String(first), String(Math.min(SEEDS_AT_ONCE, from + count - first)));
      told.push(one);
      tell(one, `seeds ${first} to ${Math.min(next, from + count) - 1}`);
    }
  };
  await Promise.all(Array.from({ length: workers }, lane));
  simulation.close();
  return told;
}

function tell({ violated, sums }: Told, what: string): void {
  for (const { how, violations } of violated) console.log(`VIOLATED ${JSON.stringify(how)}: ${violations.join('; ')}`);
  const each = sums.runs === 0 ? 0 : Math.round(sums.cpuMs / sums.runs);
  console.log(
    `${what}: ${sums.runs} runs, ${sums.effects} effects, ${sums.violated} violated, ${JSON.stringify(sums.endings)}, ${each} ms each`,
  );
}

async function allSingles(base: string): Promise<Told[]> {
  const simulation = await openSimulation(root);
  const kinds = ['before', 'answer-lost', 'before-journal'].flatMap((when) =>
    (when === 'before-journal' ? ['machine'] : ['machine', 'program', 'task']).map((whom) => [when, whom] as const),
  );
  const told: Told[] = [];
  const lane = async (): Promise<void> => {
    for (let kind = kinds.shift(); kind; kind = kinds.shift()) {
      const one = await simulation.run('singles', base, ...kind, '1', '1');
      told.push(one);
      tell(one, `a crash at every effect of a ${base}, ${kind.join(' ')}`);
    }
  };
  await Promise.all(Array.from({ length: workers }, lane));
  simulation.close();
  return told;
}

/** A guard that can be taken out without being missed guards nothing, or the simulation does not see it. */
async function withoutGuards(name: string): Promise<number> {
  const guards = GUARDS.filter((guard) => name === 'all' || guard.name === name);
  if (guards.length === 0) throw new Error(`There is no guard "${name}": ${GUARDS.map((one) => one.name).join(', ')}`);
  let missedCount = 0;
  for (const guard of guards) {
    const simulation = await openSimulation(root, guard.edits);
    const { violated } = await simulation.run('attacks', guard.attack);
    simulation.close();
    const [first] = violated;
    if (!first) missedCount += 1;
    console.log(
      first ? `caught  ${guard.name}: ${first.violations[0] ?? ''}` : `MISSED  ${guard.name} (${guard.attack})`,
    );
  }
  console.log(`${guards.length - missedCount} of ${guards.length} removed guards were caught.`);
  return missedCount;
}

async function one(...words: string[]): Promise<Told[]> {
  const simulation = await openSimulation(root);
  const told = await simulation.run(...words);
  simulation.close();
  tell(told, words.join(' '));
  return [told];
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (values.guard !== undefined) return await withoutGuards(values.guard);
  if (values.seed !== undefined) {
    const simulation = await openSimulation(root);
    await simulation.show('show', values.seed);
    simulation.close();
    return 0;
  }
  const told = together(await runs());
  tell({ violated: [], sums: told.sums }, 'all');
  return told.sums.violated;
}

function runs(): Promise<Told[]> {
  if (values.singles !== undefined) return allSingles(values.singles);
  if (values.pairs !== undefined) return one('pairs', values.pairs, '0', '1');
  if (values.attacks) return one('attacks');
  return manySeeds(Number(values.from), Number(values.seeds));
}

process.exitCode = (await main()) > 0 ? 1 : 0;
