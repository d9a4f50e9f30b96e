import type { JobListView, JobView, ReportView } from '../../domain/views.ts';
import { EXIT, type ExitCode } from './follow.ts';
import type { Flags } from './parse-command.ts';
import { openPlaceOfWork } from './place-of-work.ts';
import { jobsText, jobText, reportText } from './show.ts';
import type { Terminal } from './terminal.ts';

type Look = (words: readonly string[], flags: Flags, terminal: Terminal) => Promise<ExitCode>;

/** A command that asks one thing and shows the answer. */
function look<View>(
  method: 'GET' | 'POST',
  path: (words: readonly string[]) => string,
  text: (view: View, columns: number) => string,
): Look {
  return async (words, flags, terminal) => {
    const place = await openPlaceOfWork(flags, terminal);
    try {
      const view = await place.client.call<View>(method, path(words));
      const shown = flags['json'] === true ? JSON.stringify(view) : text(view, terminal.columns());
      terminal.print(`${shown}\n`);
      return EXIT.verified;
    } finally {
      await place.close();
    }
  };
}

const ofJob =
  (rest = '') =>
  ([id = '']: readonly string[]): string =>
    `/api/jobs/${encodeURIComponent(id)}${rest}`;

export const jobs = look<JobListView>('GET', () => '/api/jobs', (view, columns) => jobsText(view.jobs, columns)); // prettier-ignore
export const job = look<JobView>('GET', ofJob(), jobText);
export const report = look<ReportView>('GET', ofJob('/report'), reportText);
