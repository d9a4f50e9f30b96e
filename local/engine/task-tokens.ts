import { TaskTokenUnknownError } from './errors.ts';
import type { TaskAnswer } from './events.ts';

export type TokenHolder = { answer: (answer: TaskAnswer) => Promise<void>; beat?: () => void };

/** The tokens that tasks wait for. Each is answered once. */
export class TaskTokens {
  private readonly holders = new Map<string, TokenHolder>();

  add(token: string, holder: TokenHolder): void {
    this.holders.set(token, holder);
  }

  remove(token: string): void {
    this.holders.delete(token);
  }

  onBeat(token: string, beat: () => void): void {
    const holder = this.holders.get(token);
    if (holder) holder.beat = beat;
  }

  /** Resolves when the answer survives a crash. Rejects with TaskTokenUnknownError. */
  async answer(token: string, answer: TaskAnswer): Promise<void> {
    await this.holderOf(token).answer(answer);
  }

  beat(token: string): void {
    this.holderOf(token).beat?.();
  }

  private holderOf(token: string): TokenHolder {
    const holder = this.holders.get(token);
    if (!holder) throw new TaskTokenUnknownError('No task waits for this token');
    return holder;
  }
}
