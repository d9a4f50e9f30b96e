// "npm run bench": the program as a user starts it, on its built-in sandbox. Prints, for each run, how long it took to
// be ready, how long a copy of 10,000 objects took from the request to the verified end, and the server's peak memory.
// Usage: node bench/copy.mjs [--runs N]
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const PROGRAM = resolve(import.meta.dirname, '../dist/cli.mjs');
const { values } = parseArgs({ options: { runs: { type: 'string', default: '3' } } });
const JOB = {
  kind: 'copy',
  source: { connection: 'sandbox-b', bucket: 'sample-logs' },
  destination: { connection: 'sandbox-a', bucket: 'logs-copied' },
};

async function start(directory) {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [PROGRAM, 'start', '--data', directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += chunk;
    const ready = /(http:\S+)\/#token=(\S+)/.exec(printed);
    if (ready) return { child, url: ready[1], token: ready[2], readyMs: performance.now() - startedMs };
  }
  throw new Error(`the program ended before it was ready: ${printed}`);
}

/** Linux tells the most memory that a process ever held; elsewhere it is not reported. */
async function peakMegabytes(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024);
}

async function run() {
  const directory = await mkdtemp(join(tmpdir(), 'bucket-migrator-bench-'));
  const { child, url, token, readyMs } = await start(directory);
  try {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const ask = async (path, body) => {
      const answer = await fetch(url + path, {
        headers,
        ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    };
    const startedMs = performance.now();
    let job = await ask('/api/jobs', JOB);
    while (job.status === 'running') {
      await new Promise((soon) => setTimeout(soon, 250));
      job = await ask(`/api/jobs/${job.id}`);
    }
    if (job.status !== 'succeeded' || job.percent !== 100)
      throw new Error(`the job ended ${job.status}: ${JSON.stringify(job.problem)}`);
    const copyMs = performance.now() - startedMs;
    const { verdict } = await ask(`/api/jobs/${job.id}/report`);
    return { readyMs, copyMs, verifiedCount: verdict.verifiedCount, peakMegabytes: await peakMegabytes(child.pid) };
  } finally {
    child.kill('SIGTERM');
    await new Promise((ended) => child.once('exit', ended));
    await rm(directory, { recursive: true, force: true });
  }
}

const rows = [];
for (let count = 0; count < Number(values.runs); count += 1) {
  const { readyMs, copyMs, verifiedCount, peakMegabytes: memory } = await run();
  rows.push({ 'ready (s)': (readyMs / 1000).toFixed(2), 'copied and verified (s)': (copyMs / 1000).toFixed(1), objects: verifiedCount, 'server peak (MB)': memory }); // prettier-ignore
}
console.table(rows);
