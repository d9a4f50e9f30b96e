import { setMaxListeners } from 'node:events';
import type { Clock, EpochMs } from '../../domain/time.ts';
import { Interruption } from './errors.ts';

/** A controller that also aborts when `outer` does. Call `unlink` when the work is over. */
export type LinkedController = Readonly<{ signal: AbortSignal; abort: (reason: Error) => void; unlink: () => void }>;

export function linkedController(outer: AbortSignal): LinkedController {
  const controller = newController();
  const follow = (): void => controller.abort(outer.reason);
  if (outer.aborted) follow();
  else outer.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink: () => outer.removeEventListener('abort', follow),
  };
}

/** A map has thousands of items listening to one signal, which Node would take for a leak. */
export function newController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** The reason always is an Error of ours: an Interruption, or the StateFailure of a time limit. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw reasonOf(signal);
}

export const reasonOf = (signal: AbortSignal): Error =>
  signal.reason instanceof Error ? signal.reason : new Interruption('close');

export const isClosing = (signal: AbortSignal): boolean =>
  signal.reason instanceof Interruption && signal.reason.kind === 'close';

export async function sleepUntil(clock: Clock, atMs: EpochMs, signal: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  const waitMs = atMs - clock.nowMs();
  if (waitMs > 0) await clock.sleep(waitMs, signal);
}

/** Resolves when `signal` aborts; `dispose` when nobody waits any more. */
export function whenAborted(signal: AbortSignal): Readonly<{ aborted: Promise<void>; dispose: () => void }> {
  let dispose = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) return resolve();
    const listener = (): void => resolve();
    signal.addEventListener('abort', listener, { once: true });
    dispose = () => signal.removeEventListener('abort', listener);
  });
  return { aborted, dispose };
}

export type Deferred<Value> = Readonly<{ promise: Promise<Value>; resolve: (value: Value) => void }>;

export function deferred<Value>(): Deferred<Value> {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}
