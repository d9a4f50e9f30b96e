import { parseJobRequest } from '../../domain/job-request.ts';
import type { FlowDescription } from '../../domain/ports.ts';
import { MINUTE_MS, SECOND_MS } from '../../domain/time.ts';
import { startJob } from '../../functions/api/start-job.ts';
import { updateProgress } from '../../functions/progress/update-progress.ts';
import type { Incarnation } from './incarnation.ts';
import type { Deed } from './scenario.ts';
import type { Simulation } from './simulation.ts';
import { consent, decideName, goOn, questionOf, shorten, stop } from './steering.ts';

/** A person at the page: starts the job, answers what it asks, takes it up again when it failed. */
export class Person {
  isDone = false;
  hasConsented = false;
  ending = 'not begun';
  jobId: string | undefined;
  private readonly simulation: Simulation;
  private busyWith: Incarnation | undefined;
  private looks = 0;
  private lookedAtMs = 0;
  private looksAheadMs = 0;
  private janitorSaw = -1;
  private redrives = 0;
  private nameDecisions = 0;
  private errorsSeen = 0;
  private settledLooks = 0;

  constructor(simulation: Simulation) {
    this.simulation = simulation;
  }

  /** Called whenever the program has nothing to do before time moves on, to `toMs`. True when they do something. */
  async look(toMs: number): Promise<boolean> {
    if (toMs - this.lookedAtMs < LOOK_EVERY_MS) return false;
    this.lookedAtMs = this.simulation.nowMs;
    this.looksAheadMs = toMs - this.lookedAtMs;
    const { program, isDown } = this.simulation;
    if (this.isDone || isDown || !program.isReady || this.busyWith === program) return false;
    this.looks += 1;
    const act = await this.choose(program).catch((error: unknown) => this.seeNothing(error));
    if (act) this.begin(program, act);
    return act !== undefined;
  }

  /** The page shows an error instead of the job. They look again; with a document that is damaged they call for help. */
  private seeNothing(error: unknown): undefined {
    this.simulation.scheduler.note(`person sees ${String(error)}`);
    this.errorsSeen += 1;
    if (this.errorsSeen < ERRORS_SEEN_MAX) return;
    this.ending = 'unreadable';
    this.isDone = true;
    const isDamaged = this.simulation.scenario.happenings.some(({ deed }) => deed.kind === 'damage');
    if (!isDamaged) this.simulation.violate(`I6 the job cannot be looked at: ${String(error)}`);
  }

  private begin(program: Incarnation, act: () => Promise<void>): void {
    this.busyWith = program;
    void this.attempt(act).finally(() => {
      if (this.busyWith === program) this.busyWith = undefined;
    });
  }

  private async attempt(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.simulation.scheduler.note(`person: ${String(error)}`);
    }
  }

  /** Something on impulse, besides what they are about. */
  async alsoDo(
    deed: Extract<Deed, { kind: 'stop' | 'start-twice' | 'redrive' | 'janitor-looks' | 'consent' }>,
  ): Promise<void> {
    const { program, isDown } = this.simulation;
    const { jobId } = this;
    if (isDown || !program.isReady || jobId === undefined) return;
    const act = (): Promise<unknown> => {
      switch (deed.kind) {
        case 'stop':
          return stop(jobId, program);
        case 'redrive':
          return goOn(jobId, program);
        case 'janitor-looks':
          return program.janitor.lookAround();
        case 'start-twice':
          return this.startTwice(program);
        case 'consent':
          return this.consent(program, jobId, deed.how);
      }
    };
    void this.attempt(act);
  }

  private async choose(program: Incarnation): Promise<(() => Promise<void>) | undefined> {
    const { jobId } = this;
    if (jobId === undefined) return () => this.start(program, 'the-only-one');
    const flow = await program.ports.flows.describe(jobId);
    if (!flow) return () => this.letJanitorLook(program);
    if (flow.status !== 'running') return this.afterTheEnd(program, jobId, flow);
    this.settledLooks = 0;
    const answer = await this.chooseAnswer(program, jobId);
    if (answer) return answer;
    if (this.looks % LOOKS_PER_PROGRESS === 0) return () => this.lookAtProgress(program, jobId);
    // The janitor looks again and again; only where something has happened since could it find anything.
    const hasHappened = this.simulation.scheduler.effectCount !== this.janitorSaw;
    return hasHappened && this.looksAheadMs > JANITOR_MS ? () => this.letJanitorLook(program) : undefined;
  }

  private async chooseAnswer(program: Incarnation, jobId: string): Promise<(() => Promise<void>) | undefined> {
    const question = await questionOf(jobId, program);
    const { consentAfterMs } = this.simulation.scenario.person;
    switch (question) {
      case 'consent':
        if (consentAfterMs === 'never') return () => stop(jobId, program);
        return async () => {
          if (consentAfterMs > 0) await program.ports.clock.sleep(consentAfterMs);
          await this.consent(program, jobId, 'right');
        };
      case 'name':
        return () => this.decideName(program, jobId);
      case 'quarantine':
        return this.simulation.scenario.seed % 2 === 0 ? () => shorten(jobId, program) : undefined;
      case undefined:
        return undefined;
    }
  }

  private async consent(
    program: Incarnation,
    jobId: string,
    how: 'right' | 'wrong-name' | 'old-digest',
  ): Promise<void> {
    if (how === 'right') this.hasConsented = true;
    await consent(jobId, how, program);
  }

  /** Nobody waits for ever for a name that somebody else has. */
  private async decideName(program: Incarnation, jobId: string): Promise<void> {
    this.nameDecisions += 1;
    const choice = this.nameDecisions > NAME_DECISIONS_MAX ? 'other-name' : this.simulation.scenario.person.aboutName;
    await decideName(jobId, choice, program);
  }

  private async start(program: Incarnation, idempotencyKey: string): Promise<void> {
    const request = parseJobRequest(this.simulation.scenario.request);
    const { job } = await startJob(request, { operator: { name: 'operator' }, idempotencyKey }, program.ports);
    this.jobId ??= job.id;
  }

  /** The same call again is the same job; a second job cannot have the same bucket. */
  private async startTwice(program: Incarnation): Promise<void> {
    await this.start(program, 'the-only-one');
    const flow = await program.ports.flows.describe(this.jobId ?? '');
    if (flow?.status !== 'running') return;
    const request = parseJobRequest(this.simulation.scenario.request);
    const options = { operator: { name: 'another' }, idempotencyKey: 'another-one' };
    const second = await startJob(request, options, program.ports).catch(() => undefined);
    const still = await program.ports.flows.describe(this.jobId ?? '');
    if (second && still?.status === 'running') this.simulation.violate('two jobs have the same bucket');
  }

  private afterTheEnd(program: Incarnation, jobId: string, flow: FlowDescription): () => Promise<void> {
    const isOver = flow.status === 'succeeded' || flow.status === 'stopped';
    if (!isOver && this.redrives < this.simulation.scenario.person.redrivesMax) {
      this.redrives += 1;
      return async () => {
        await program.ports.clock.sleep(this.redrives * 5 * MINUTE_MS);
        await goOn(jobId, program);
      };
    }
    this.settledLooks += 1;
    if (this.settledLooks < SETTLED_LOOKS) {
      return async () => {
        await this.letJanitorLook(program);
        await program.ports.clock.sleep(10 * MINUTE_MS);
      };
    }
    this.ending = flow.status;
    this.isDone = true;
    return async () => undefined;
  }

  private async lookAtProgress(program: Incarnation, jobId: string): Promise<void> {
    await updateProgress(jobId, program.ports);
  }

  private async letJanitorLook(program: Incarnation): Promise<void> {
    const { problems } = await program.janitor.lookAround();
    for (const { error } of problems) this.simulation.scheduler.note(`janitor: ${String(error)}`);
    this.janitorSaw = this.simulation.scheduler.effectCount;
    await program.ports.clock.sleep(JANITOR_MS);
  }
}

const JANITOR_MS = 30 * SECOND_MS;
const LOOK_EVERY_MS = 2 * SECOND_MS;
const ERRORS_SEEN_MAX = 20;
const NAME_DECISIONS_MAX = 2;
const LOOKS_PER_PROGRESS = 3;
const SETTLED_LOOKS = 4;
