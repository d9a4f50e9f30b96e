import { seededRandom } from '../support/time.ts';
import type { Random } from '../../domain/time.ts';
import { SECOND_MS } from '../../domain/time.ts';
import { connections } from './accounts.ts';
import { Cloud } from './cloud.ts';
import { Incarnation } from './incarnation.ts';
import { Kept } from './kept.ts';
import { Life, Scheduler, type Effect, type Fate } from './scheduler.ts';
import type { Crash, Deed, Happening, Moment, Scenario } from './scenario.ts';

export type Outcome = Readonly<{
  seed: number;
  violations: readonly string[];
  /** How the job ended, for statistics. */
  ending: string;
  effectCount: number;
  digest: string;
  trace: readonly string[];
}>;

export class Violation extends Error {
  override readonly name = 'Violation';
}

const START_MS = Date.parse('2026-01-05T08:00:00Z');

/** The whole of one run: the world, the program in it, and what goes wrong when. */
export class Simulation {
  readonly scheduler: Scheduler;
  readonly kept: Kept;
  readonly cloud: Cloud;
  readonly scenario: Scenario;
  readonly random: Random;
  readonly violations: string[] = [];
  program: Incarnation;
  /** Programs that crashed and whose tasks may still be at work. */
  private readonly ghosts: Incarnation[] = [];
  private livesCount = 1;
  private readonly crashes: Crash[];
  private readonly happenings: Happening[];
  private readonly seenAt = new Map<string, number>();
  private diesAtFlush = false;
  isDown = false;
  /** The effect before which somebody else did something last. */
  deedAt = -Infinity;
  /** Carries out what other people do; given by whoever knows them. */
  carryOut: (deed: Deed) => Promise<void> = async () => undefined;

  constructor(scenario: Scenario, keepsTrace: boolean) {
    this.scenario = scenario;
    const seeds = seededRandom(scenario.seed ^ 0x5f3759df);
    const seedOf = (): number => Math.floor(seeds.next() * 2 ** 32);
    this.scheduler = new Scheduler({
      random: seededRandom(seedOf()),
      disorder: scenario.disorder,
      slowness: scenario.slowness,
      startsAtMs: START_MS,
      keepsTrace,
    });
    this.kept = new Kept(this.scheduler);
    this.random = seededRandom(seedOf());
    this.cloud = new Cloud({ scheduler: this.scheduler, random: seededRandom(seedOf()), setup: scenario.cloud });
    this.crashes = [...scenario.crashes];
    this.happenings = [...scenario.happenings];
    this.scheduler.judge = (effect) => this.judge(effect);
    this.scheduler.beforeEffect = (effect) => this.letHappen(effect);
    this.kept.documents.set('connections.json', {
      body: Buffer.from(JSON.stringify({ connections: connections() })),
      version: 'given',
    });
    this.program = this.newProgram();
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  violate(what: string): void {
    if (this.violations.length < VIOLATIONS_MAX) this.violations.push(what);
    this.scheduler.note(`VIOLATION ${what}`);
  }

  private newProgram(): Incarnation {
    const { scheduler, kept, cloud, random } = this;
    const program = new Incarnation({ scheduler, kept, cloud, random }, this.livesCount);
    this.livesCount += 1;
    program.begin().catch((error: unknown) => this.violate(`the program does not start: ${String(error)}`));
    return program;
  }

  /** What is due just before this effect comes to pass before it. */
  private letHappen(effect: Effect): Promise<void> | undefined {
    if (this.happenings.length === 0 || effect.life.kind === 'world') return undefined;
    const due = this.happenings.filter(({ moment }) => this.isDue(moment, effect));
    if (due.length === 0) return undefined;
    for (const one of due) this.happenings.splice(this.happenings.indexOf(one), 1);
    return this.carryOutAll(due);
  }

  private isDue(moment: Moment, effect: Effect): boolean {
    if ('effect' in moment) return effect.number >= moment.effect;
    if ('after' in moment) return this.comesAfter(moment.after, effect);
    if (!effect.label.includes(moment.like)) return false;
    const seen = this.seenAt.get(`${moment.like} ${effect.number}`) ?? (this.seenAt.get(moment.like) ?? 0) + 1;
    this.seenAt.set(moment.like, seen);
    this.seenAt.set(`${moment.like} ${effect.number}`, seen);
    return seen >= moment.nth;
  }

  private comesAfter(words: string, effect: Effect): boolean {
    const seenAt = this.seenAt.get(`after ${words}`);
    if (seenAt !== undefined) return effect.number > seenAt;
    if (effect.label.includes(words)) this.seenAt.set(`after ${words}`, effect.number);
    return false;
  }

  private async carryOutAll(due: readonly Happening[]): Promise<void> {
    this.deedAt = this.scheduler.effectCount;
    for (const { deed } of due) {
      this.scheduler.note(`now ${JSON.stringify(deed)}`);
      await this.carryOut(deed);
    }
  }

  // --- crashes -----------------------------------------------------------------------------------------------------

  private judge(effect: Effect): Fate {
    if (effect.life.kind === 'world') return 'happens';
    if (this.diesAtFlush && effect.kind === 'journal' && effect.life === this.program.life) {
      this.diesAtFlush = false;
      this.crash({ downMs: SECOND_MS, leavesTasks: false });
      return 'dropped';
    }
    const at = this.crashes.findIndex((crash) => crash.at === effect.number);
    const [crash] = at < 0 ? [] : this.crashes.splice(at, 1);
    if (!crash) return 'happens';
    this.scheduler.note(`crash ${crash.when} ${crash.whom}`);
    if (crash.when === 'before-journal') {
      this.diesAtFlush = true;
      return 'happens';
    }
    if (crash.whom === 'program' && effect.life !== this.program.life) {
      this.crash({ downMs: crash.downMs, leavesTasks: true });
      return 'happens'; // what its task asked for goes its way
    }
    const fate = crash.when === 'before' ? 'dropped' : 'lost';
    if (crash.whom === 'task' && this.killTask(effect.life)) return fate;
    this.crash({ downMs: crash.downMs, leavesTasks: crash.whom === 'program' });
    return fate;
  }

  private killTask(life: Life): boolean {
    const host = [this.program, ...this.ghosts].find((program) => program.tasks.has(life));
    host?.tasks.kill(life);
    return host !== undefined;
  }

  /** The program is gone at once; it comes back after `downMs`. */
  crash({ downMs, leavesTasks }: Pick<Crash, 'downMs'> & { leavesTasks: boolean }): void {
    const dead = this.program;
    dead.die(this.scheduler, !leavesTasks);
    if (!leavesTasks) for (const ghost of this.ghosts) ghost.tasks.abandon(true);
    if (this.isDown) return; // a machine that is down already: it comes back once
    if (leavesTasks) this.ghosts.push(dead);
    this.isDown = true;
    const world = this.scheduler.clockOf(this.cloud.life);
    world.sleep(downMs).then(
      () => {
        this.isDown = false;
        this.program = this.newProgram();
      },
      () => undefined,
    );
  }

  get tasksAtWork(): number {
    return [this.program, ...this.ghosts].reduce((sum, { tasks }) => sum + tasks.runningCount, 0);
  }
}

const VIOLATIONS_MAX = 5;
