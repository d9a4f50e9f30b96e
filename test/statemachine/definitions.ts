import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export type State = {
  Type: string;
  Comment?: string;
  Resource?: string;
  Next?: string;
  End?: boolean;
  Default?: string;
  Arguments?: Record<string, unknown>;
  Choices?: { Next: string; Condition: string }[];
  Retry?: {
    ErrorEquals: string[];
    MaxAttempts: number;
    BackoffRate: number;
    IntervalSeconds: number;
    JitterStrategy?: string;
  }[];
  Catch?: { ErrorEquals: string[]; Next: string }[];
  ItemProcessor?: Machine & { ProcessorConfig: { Mode: string; ExecutionType?: string } };
  Error?: string;
  TimeoutSeconds?: number | string;
};
export type Machine = { Comment?: string; QueryLanguage?: string; StartAt: string; States: Record<string, State> };

const folder = resolve(import.meta.dirname, '../../statemachine');

export const machines: Readonly<Record<string, Machine>> = Object.fromEntries(
  readdirSync(folder)
    .filter((name) => name.endsWith('.asl.json'))
    .map((name) => [name.replace('.asl.json', ''), JSON.parse(readFileSync(join(folder, name), 'utf8')) as Machine]),
);

export type NamedState = { machine: string; name: string; state: State; siblings: Machine };

/** Every state of every machine, those of item processors too. */
export function everyState(): NamedState[] {
  const walk = (machine: string, siblings: Machine): NamedState[] =>
    Object.entries(siblings.States).flatMap(([name, state]) => [
      { machine, name, state, siblings },
      ...(state.ItemProcessor ? walk(machine, state.ItemProcessor) : []),
    ]);
  return Object.entries(machines).flatMap(([machine, definition]) => walk(machine, definition));
}

export const nextsOf = (state: State): string[] =>
  [
    state.Next,
    state.Default,
    ...(state.Choices ?? []).map((choice) => choice.Next),
    ...(state.Catch ?? []).map((one) => one.Next),
  ].filter((next): next is string => next !== undefined);

export const substitutionsIn = (value: unknown): string[] =>
  [...JSON.stringify(value).matchAll(/\$\{(\w+)\}/g)].map((match) => match[1] ?? '');
