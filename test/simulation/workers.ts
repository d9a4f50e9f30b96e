import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleSimulation, type Edit } from './bundle.ts';

/** What a worker says: one line for each run that broke a promise, and the sums at the end. */
export type Violated = Readonly<{ how: unknown; violations: readonly string[] }>;
export type Sums = Readonly<{
  runs: number;
  effects: number;
  violated: number;
  endings: Readonly<Record<string, number>>;
  digest: string;
  cpuMs: number;
}>;
export type Told = Readonly<{ violated: readonly Violated[]; sums: Sums }>;

const NO_SUMS: Sums = { runs: 0, effects: 0, violated: 0, endings: {}, digest: '', cpuMs: 0 };

/** A simulation in a file of its own, in a folder that goes with `close`. */
export async function openSimulation(
  root: string,
  edits: readonly Edit[] = [],
): Promise<
  Readonly<{
    run: (...words: string[]) => Promise<Told>;
    show: (...words: string[]) => Promise<void>;
    close: () => void;
  }>
> {
  const folder = mkdtempSync(join(tmpdir(), 'bucket-migrator-simulation-'));
  const file = await bundleSimulation(root, join(folder, 'simulation.mjs'), edits);
  return {
    run: async (...words) => toldBy(await outputOf(file, words)),
    show: async (...words) => void process.stdout.write(await outputOf(file, words)),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function outputOf(file: string, words: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, ['--enable-source-maps', file, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // The SDK's notice about coming Node versions would stand between the results.
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`The simulation ended with ${code ?? 'a signal'}: ${words.join(' ')}`);
  return Buffer.concat(chunks).toString('utf8');
}

function toldBy(output: string): Told {
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  const values = lines.map((line) => JSON.parse(line) as Violated | Sums);
  const violated = values.filter((value): value is Violated => 'how' in value);
  const sums = values.find((value): value is Sums => 'runs' in value) ?? NO_SUMS;
  return { violated, sums };
}

export function together(all: readonly Told[]): Told {
  const sums = all.reduce((sum, { sums: one }) => added(sum, one), NO_SUMS);
  return { violated: all.flatMap(({ violated }) => violated), sums };
}

function added(left: Sums, right: Sums): Sums {
  const endings: Record<string, number> = { ...left.endings };
  for (const [ending, count] of Object.entries(right.endings)) endings[ending] = (endings[ending] ?? 0) + count;
  return {
    runs: left.runs + right.runs,
    effects: left.effects + right.effects,
    violated: left.violated + right.violated,
    endings,
    digest: [left.digest, right.digest].filter(Boolean).join(' '),
    cpuMs: left.cpuMs + right.cpuMs,
  };
}
