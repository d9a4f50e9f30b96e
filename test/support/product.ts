import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { JobRequestInput } from '../../domain/job-request.ts';
import type { JobListView, JobView } from '../../domain/views.ts';

const root = resolve(import.meta.dirname, '../..');
export const PROGRAM = resolve(root, 'dist/cli.mjs');

/** The program as a user starts it, in a process of its own. */
export type Product = Readonly<{
  url: string;
  token: string;
  pid: number;
  /** SIGKILL to the server alone: its tasks see it go. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGKILL to the server and its tasks at one instant, as when the power fails. */
  killWithTasks(): Promise<void>;
  /** SIGTERM and the end of the process; answers its exit code. */
  stop(): Promise<number | null>;
  request<T>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: T }>;
  startJob(request: JobRequestInput, idempotencyKey?: string): Promise<JobView>;
  job(id: string): Promise<JobView>;
  jobs(): Promise<readonly JobView[]>;
}>;

/** Whatever becomes of a test, nothing that it started outlives its process. */
const started = new Set<ChildProcess>();
process.on('exit', () => started.forEach(killGroup));

/** The program leads a process group of its own, which its tasks belong to. */
function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // it has ended, and its tasks with it
  }
}

const READY = /^Bucket Migrator is ready: (http:\/\/127\.0\.0\.1:\d+)\/#token=(\S+)$/m;

export async function startProduct(
  flags: readonly string[],
  options: { readyWithinMs?: number } = {},
): Promise<Product> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there: run "npm run build" first`);
  const child = spawn(process.execPath, [PROGRAM, 'start', ...flags], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  started.add(child);
  const ready = await readyLine(child, options.readyWithinMs ?? 60_000);
  return productOf(child, ready.url, ready.token);
}

function readyLine(child: ChildProcess, withinMs: number): Promise<{ url: string; token: string }> {
  return new Promise((resolveReady, reject) => {
    let printed = '';
    const fail = (why: string) => reject(new Error(`the program ${why}; it printed:\n${printed}`));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`was not ready within ${withinMs} ms`);
    }, withinMs);
    const take = (chunk: Buffer): void => {
      printed += chunk.toString();
      const found = READY.exec(printed);
      if (!found) return;
      clearTimeout(timer);
      resolveReady({ url: found[1] ?? '', token: found[2] ?? '' });
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code ?? 'a signal'}`);
    });
  });
}

function productOf(child: ChildProcess, url: string, token: string): Product {
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    }
    return child.exitCode;
  };
  const request: Product['request'] = async <T>(method: string, path: string, body?: unknown, headers = {}) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
    return { status: answer.status, body: (isJson ? JSON.parse(text) : text) as T };
  };
  return {
    url,
    token,
    pid: child.pid ?? 0,
    kill: async () => void (await end('SIGKILL')),
    killWithTasks: async () => {
      killGroup(child);
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
    request,
    startJob: async (job, key) => {
      const answer = await request<JobView>(
        'POST',
        '/api/jobs',
        job,
        key === undefined ? {} : { 'idempotency-key': key },
      );
      if (answer.status >= 300)
        throw new Error(`the job was not started: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    job: async (id) => (await request<JobView>('GET', `/api/jobs/${id}`)).body,
    jobs: async () => (await request<JobListView>('GET', '/api/jobs')).body.jobs,
  };
}

/** Asks again until the answer is the wanted one; every look is a request, and the bound is on looks, not on hope. */
export async function until<T>(
  look: () => Promise<T>,
  isWanted: (seen: T) => boolean,
  what: string,
  looksMax = 1200,
): Promise<T> {
  let seen: T | undefined;
  for (let count = 0; count < looksMax; count += 1) {
    seen = await look();
    if (isWanted(seen)) return seen;
    await new Promise((resolveSoon) => setTimeout(resolveSoon, 100));
  }
  throw new Error(`${what} did not come; last seen: ${JSON.stringify(seen)?.slice(0, 2000)}`);
}

export const hasEnded = (job: JobView): boolean => job.status !== 'running' && job.status !== 'stopping';
