import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

// The simulation is TypeScript: its command is made into one file beside the packages it needs, and run.
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
const folder = mkdtempSync(join(root, 'node_modules', '.simulate-'));
try {
  const outfile = join(folder, 'command.mjs');
  await build({
    entryPoints: [join(root, 'test', 'simulation', 'command.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
  await import(pathToFileURL(outfile).href);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
