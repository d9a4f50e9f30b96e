import type { Clock } from '../../domain/time.ts';
import type { ConsentAhead } from './migrate-request.ts';
import type { PlaceOfWork } from './place-of-work.ts';
import type { Terminal } from './terminal.ts';

/** How a command stays with its job. */
export type Attendance = Readonly<{
  place: PlaceOfWork;
  terminal: Terminal;
  json: boolean;
  clock: Clock;
  /** Consent that was typed with the command. */
  ahead?: ConsentAhead;
}>;
