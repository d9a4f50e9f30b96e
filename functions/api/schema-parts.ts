import * as z from 'zod';
import type { EpochMs } from '../../domain/time.ts';

/** A schema typed as what it describes, so that a view cannot change without its schema. */
export type Describes<View> = z.ZodType<View>;

export const count = z.int().min(0);
export const text = z.string();
export const atMs = z.int().describe('Milliseconds since 1970-01-01T00:00:00Z') as unknown as Describes<EpochMs>;
export const grade = z.enum(['A', 'B', 'C', 'D']);
export const grades = z.record(grade, count);
export const stage = z.enum([
  'beginning',
  'emptying',
  'deleted',
  'returning',
  'returned',
  'clearing',
  'finished',
  'undone',
]);
export const stopEffect = z.enum(['leave-as-it-was', 'bring-back-in', 'bring-back-anew', 'nothing']);

/** A document of the job as it stands there. */
export const document = <T>(): Describes<T> => z.looseObject({}) as unknown as Describes<T>;
