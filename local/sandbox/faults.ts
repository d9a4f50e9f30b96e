import type { Random } from '../../domain/time.ts';
import { keyTextOf, type KeyBytes } from './key-order.ts';

/** What goes wrong with one request. */
export type Fault =
  /** An error instead of the effect: SlowDown (503), InternalError (500), ExpiredToken, AccessDenied, ... */
  | Readonly<{ kind: 'refuse'; code: string; status?: number; message?: string }>
  /** Status 200 with an error document, as copies and completions may answer; `hasEffect` when it happened anyway. */
  | Readonly<{ kind: 'error-in-200'; code: string; message?: string; hasEffect?: boolean }>
  /** The connection drops; with `after-effect` the request was carried out and only its answer is lost. */
  | Readonly<{ kind: 'lose-connection'; when: 'before-effect' | 'after-effect' }>
  /** Status 200 with a body that is not what it should be. */
  | Readonly<{ kind: 'spoil-body'; as: 'blank' | 'html' | 'truncated' }>
  /** The answer comes late. Adds to other faults. */
  | Readonly<{ kind: 'delay'; waitMs: number }>;

/** Which requests a fault meets: all the given facts must fit. Without a `when` every fitting request. */
export type FaultRule = Readonly<{
  /** The operation's name in the S3 API, such as CopyObject; AssumeRole for STS. */
  operation?: string;
  bucket?: string;
  keyPrefix?: string;
  /** 0..1, drawn from the world's seed. */
  probability?: number;
  /** Only the nth fitting request, counted from 1 since the rule was added. */
  nth?: number;
  /** At most so many requests; the rule then stays but does nothing. */
  times?: number;
  fault: Fault;
}>;

export type FaultSubject = Readonly<{ operation: string; bucketName: string; key: KeyBytes }>;

type LiveRule = { readonly id: string; readonly rule: FaultRule; fittingCount: number; metCount: number };

/** Faults on demand; may be changed while requests are running. */
export class FaultRules {
  private readonly rules = new Map<string, LiveRule>();
  private addedCount = 0;

  constructor(private readonly random: Random) {}

  /** Returns the rule's id, for `remove`. */
  add(rule: FaultRule): string {
    this.addedCount += 1;
    const id = `fault-${this.addedCount}`;
    this.rules.set(id, { id, rule, fittingCount: 0, metCount: 0 });
    return id;
  }

  remove(id: string): boolean {
    return this.rules.delete(id);
  }

  clear(): void {
    this.rules.clear();
  }

  list(): { id: string; rule: FaultRule; metCount: number }[] {
    return [...this.rules.values()].map(({ id, rule, metCount }) => ({ id, rule, metCount }));
  }

  /** The faults that this request meets: at most one that changes the answer, and every delay. */
  meet(subject: FaultSubject): { fault: Fault | undefined; waitMs: number } {
    let fault: Fault | undefined;
    let waitMs = 0;
    for (const live of this.rules.values()) {
      if (live.rule.fault.kind !== 'delay' && fault) continue;
      if (!fits(live.rule, subject) || !this.isDue(live)) continue;
      live.metCount += 1;
      if (live.rule.fault.kind === 'delay') waitMs += live.rule.fault.waitMs;
      else fault = live.rule.fault;
    }
    return { fault, waitMs };
  }

  private isDue(live: LiveRule): boolean {
    const { rule } = live;
    live.fittingCount += 1;
    if (rule.times !== undefined && live.metCount >= rule.times) return false;
    if (rule.nth !== undefined && live.fittingCount !== rule.nth) return false;
    return rule.probability === undefined || this.random.next() < rule.probability;
  }
}

function fits(rule: FaultRule, subject: FaultSubject): boolean {
  if (rule.operation !== undefined && rule.operation !== subject.operation) return false;
  if (rule.bucket !== undefined && rule.bucket !== subject.bucketName) return false;
  return rule.keyPrefix === undefined || keyTextOf(subject.key).startsWith(rule.keyPrefix);
}
