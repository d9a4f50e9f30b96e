import { createHash, type Hash } from 'node:crypto';
import type { Clock, EpochMs, Random } from '../../domain/time.ts';

/** What lives until a crash: a process, or one of its tasks. What it waits for afterwards never comes. */
export class Life {
  isOver = false;

  constructor(
    readonly name: string,
    readonly kind: 'process' | 'task' | 'world',
  ) {}
}

export type EffectKind = 's3' | 'document' | 'journal';
/** One thing that happens outside of the program: a request, a document, a flush. */
export type Effect = Readonly<{ number: number; kind: EffectKind; label: string; life: Life }>;

/** What becomes of an effect: `lost` happens and is not answered, `dropped` does not even happen. */
export type Fate = 'happens' | 'lost' | 'dropped';

type Waiting = {
  readonly life: Life;
  readonly label: string;
  readyAtMs: number;
  readonly run: () => void | Promise<void>;
};

export type SchedulerOptions = Readonly<{
  random: Random;
  /** 0: effects happen in the order they were asked for; 1: in any order. */
  disorder: number;
  /** The chance that an effect takes its time, and how long at most. */
  slowness: Readonly<{ chance: number; waitMsMax: number }>;
  startsAtMs: number;
  keepsTrace: boolean;
}>;

/** One step at a time, chosen by the seed; time moves only when nothing else can. */
export class Scheduler {
  effectCount = 0;
  /** What comes in between, just before an effect. */
  beforeEffect: (effect: Effect) => Promise<void> | undefined = () => undefined;
  /** Decides what becomes of an effect. */
  judge: (effect: Effect) => Fate = () => 'happens';
  /** Asked before time moves on, and told how far. True when it began something, which then comes first. */
  beforeTimeMoves: (toMs: number) => Promise<boolean> = async () => false;
  readonly trace: string[] = [];
  private timeMs: number;
  private waiting: Waiting[] = [];
  private readonly options: SchedulerOptions;
  private readonly hash: Hash = createHash('sha256');

  constructor(options: SchedulerOptions) {
    this.options = options;
    this.timeMs = options.startsAtMs;
  }

  get nowMs(): EpochMs {
    return this.timeMs as EpochMs;
  }

  /** The same for the same seed, or something outside of it has had a say. */
  digest(): string {
    return this.hash.copy().digest('hex');
  }

  note(line: string): void {
    const text = `${this.effectCount} ${this.timeMs} ${line}`;
    this.hash.update(`${text}\n`);
    if (this.options.keepsTrace) this.trace.push(text);
  }

  /** `act` happens when its turn comes; the promise stays pending for ever when the asking life is over by then. */
  effect<T>(life: Life, kind: EffectKind, label: string, act: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (life.isOver) return;
      const run = (): Promise<void> => this.happen(life, kind, label, act, resolve, reject);
      this.waiting.push({ life, label, readyAtMs: this.timeMs + this.slowMs(), run });
    });
  }

  private async happen<T>(
    life: Life,
    kind: EffectKind,
    label: string,
    act: () => T | Promise<T>,
    resolve: (value: T) => void,
    reject: (reason: unknown) => void,
  ): Promise<void> {
    this.effectCount += 1;
    const effect: Effect = { number: this.effectCount, kind, label, life };
    await this.beforeEffect(effect);
    if (life.isOver) return;
    const fate = this.judge(effect);
    this.note(`${life.name} ${label}${fate === 'happens' ? '' : ` (${fate})`}`);
    if (fate === 'dropped') return;
    try {
      const value = await act();
      if (fate === 'happens' && !life.isOver) resolve(value);
    } catch (error) {
      if (fate === 'happens' && !life.isOver) reject(error);
    }
  }

  private slowMs(): number {
    const { random, slowness } = this.options;
    if (slowness.chance === 0 || random.next() >= slowness.chance) return 0;
    return Math.floor(random.next() * slowness.waitMsMax);
  }

  clockOf(life: Life): Clock {
    return {
      nowMs: () => this.nowMs,
      sleep: (waitMs, signal) => this.sleep(life, waitMs, signal),
    };
  }

  private sleep(life: Life, waitMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (life.isOver) return;
      const refuse = (): void => reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      if (signal?.aborted) return refuse();
      const wake = (): void => {
        signal?.removeEventListener('abort', abandon);
        resolve();
      };
      const timer: Waiting = {
        life,
        label: 'wakes',
        readyAtMs: this.timeMs + Math.ceil(Math.max(0, waitMs)),
        run: wake,
      };
      const abandon = (): void => {
        const at = this.waiting.indexOf(timer);
        if (at >= 0) this.waiting.splice(at, 1);
        if (!life.isOver) refuse();
      };
      signal?.addEventListener('abort', abandon, { once: true });
      this.waiting.push(timer);
    });
  }

  /** Forgets what a life that is over has asked for. */
  forget(life: Life): void {
    this.waiting = this.waiting.filter((one) => one.life !== life);
  }

  /** False when nothing is left to happen, ever. */
  async step(): Promise<boolean> {
    await nextTurn();
    let next = this.takeReady();
    for (let asked = 0; !next && asked < ASKED_MAX; asked += 1) {
      if (!(await this.beforeTimeMoves(this.earliestMs()))) break;
      await nextTurn();
      next = this.takeReady();
    }
    next ??= this.takeEarliest();
    if (!next) return false;
    // Not waited for: what takes its time, like an answer that comes late, takes it among everything else.
    if (!next.life.isOver) void next.run();
    return true;
  }

  private takeReady(): Waiting | undefined {
    const ready: number[] = [];
    this.waiting.forEach((one, index) => {
      if (one.readyAtMs <= this.timeMs) ready.push(index);
    });
    if (ready.length === 0) return undefined;
    const { random, disorder } = this.options;
    const isShuffled = ready.length > 1 && disorder > 0 && random.next() < disorder;
    const chosen = isShuffled ? Math.floor(random.next() * ready.length) : 0;
    return this.waiting.splice(ready[chosen] ?? 0, 1)[0];
  }

  private earliestMs(): number {
    return this.waiting.reduce((earliest, { readyAtMs }) => Math.min(earliest, readyAtMs), Infinity);
  }

  private takeEarliest(): Waiting | undefined {
    let first = 0;
    this.waiting.forEach((one, index) => {
      if (one.readyAtMs < (this.waiting[first]?.readyAtMs ?? Infinity)) first = index;
    });
    const [next] = this.waiting.splice(first, 1);
    if (next) this.timeMs = Math.max(this.timeMs, next.readyAtMs);
    return next;
  }
}

/** Somebody who only looks, again and again, must not keep time from moving. */
const ASKED_MAX = 5;

/** Every microtask has run when the next turn of the event loop comes, and nothing of ours waits for anything else. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
