import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'killed-'));
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  const entry = join(import.meta.dirname, 'kill-program.ts');
  await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: join(directory, 'program.mjs'),
    banner,
  });
});
afterAll(() => rm(directory, { recursive: true }));

/** Runs the program until it ends, or kills it once it has made so many calls. Gives its last line. */
function runProgram(killAfterCalls: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const program = spawn(process.execPath, [join(directory, 'program.mjs'), directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    program.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.length >= killAfterCalls) program.kill('SIGKILL');
    });
    program.on('error', reject);
    program.on('close', () => resolve(printed.trimEnd().split('\n').at(-1) ?? ''));
  });
}

test('killed again and again in a map of 200 items, the engine ends with every result and repeats only what was in flight', async () => {
  const kills = [1, 20, 60, 5, 90, 33];
  for (const killAfterCalls of kills) await runProgram(killAfterCalls);

  const last = await runProgram(Infinity);

  expect(JSON.parse(last)).toEqual({ status: 'SUCCEEDED', output: 20_100 });
  const effects = (await readFile(join(directory, 'effects'), 'utf8')).trimEnd().split('\n');
  expect(new Set(effects).size).toBe(400);
  expect(effects.length - 400).toBeLessThanOrEqual(kills.length * 8 * 2);
});
