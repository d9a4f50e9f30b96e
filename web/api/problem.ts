import type { ProblemView } from '../../domain/views.ts';

/** What went wrong, in the words that the page shows: one error, one cause, one thing to do. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly type: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly remedy: string;
  /** The job that is in the way. */
  readonly job: string | undefined;
  readonly errors: readonly Readonly<{ field: string; message: string }>[];
  /** Why a consent was not taken. */
  readonly consent: ProblemView['consent'];

  constructor(problem: ProblemView) {
    super(problem.detail || problem.title);
    this.type = problem.type;
    this.status = problem.status;
    this.title = problem.title;
    this.detail = problem.detail;
    this.remedy = problem.remedy ?? '';
    this.job = problem.job;
    this.errors = problem.errors ?? [];
    this.consent = problem.consent;
  }
}

/** The one "no" that is good news on the destination's side: the name can be made. */
export const isBucketMissing = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 404 && error.type.endsWith('BucketMissingError');

/** Nobody answered: the program ended, or the machine slept. The page keeps what it has and goes on asking. */
export class ServerGoneError extends Error {
  override readonly name = 'ServerGoneError';
}

/** An answer that is not problem+json (a proxy's page, an empty body) still becomes one readable problem. */
export function problemOf(status: number, body: unknown): ProblemView {
  // RFC 9457 lets a problem leave its type out, and means about:blank.
  if (isProblem(body)) return { ...body, type: typeof body.type === 'string' ? body.type : 'about:blank', status };
  return {
    type: 'about:blank',
    title: `The server answered ${status}`,
    status,
    detail: 'The answer holds no explanation.',
    remedy: status >= 500 ? 'Try again in a moment.' : 'Reload the page.',
  };
}

function isProblem(body: unknown): body is ProblemView {
  if (typeof body !== 'object' || body === null) return false;
  const problem = body as Partial<ProblemView>;
  return typeof problem.title === 'string' && typeof problem.detail === 'string';
}

/** Title, cause and remedy of anything that a request can end with. */
export function explain(error: unknown): { title: string; detail: string; remedy: string; job?: string } {
  if (error instanceof ApiError) {
    const { title, detail, remedy, job } = error;
    return { title, detail, remedy, ...(job === undefined ? {} : { job }) };
  }
  if (error instanceof ServerGoneError) {
    return {
      title: 'Bucket Migrator does not answer',
      detail: 'The program may have ended, or this machine was asleep. Jobs are kept.',
      remedy: 'Start it again with npm start and open the address that it prints.',
    };
  }
  return {
    title: 'The page met something unexpected',
    detail: error instanceof Error ? error.message : String(error),
    remedy: 'Reload the page.',
  };
}
