// Makes dist/: the command line with the server (cli.mjs), the task (task.mjs) and the page (web/). What is up to date
// is left alone unless --force is given.
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');

const SHARED = ['domain', 'package.json', 'package-lock.json', 'scripts/build.mjs'];
const PROGRAM = [...SHARED, 's3', 'functions', 'fargate-task', 'local', 'statemachine'];
const PAGE = [...SHARED, 'web', 'vite.config.ts'];

/** Builds what is missing or older than its sources; answers what was built. */
export async function build({ force = false, log = console.log } = {}) {
  const parts = [
    { name: 'program', sources: PROGRAM, make: makeProgram, products: ['cli.mjs', 'task.mjs'] },
    { name: 'page', sources: PAGE, make: makePage, products: ['web'] },
  ];
  const built = [];
  for (const part of parts) {
    const digest = await digestOf(part.sources);
    if (!force && (await isUpToDate(part, digest))) continue;
    const begunAt = performance.now();
    await replace(part, digest);
    built.push(part.name);
    log(`built the ${part.name} in ${((performance.now() - begunAt) / 1000).toFixed(1)} s`);
  }
  return built;
}

async function isUpToDate({ name, products }, digest) {
  const stamp = await readFile(stampOf(name), 'utf8').catch(() => '');
  const there = await readdir(dist).catch(() => []);
  return stamp === digest && products.every((product) => there.includes(product));
}

const stampOf = (name) => join(dist, `.${name}.sha256`);

/** Made beside and then moved in, so that a build that fails leaves the old one and no half of a new one. */
async function replace({ name, make }, digest) {
  const fresh = join(dist, `.new-${name}-${process.pid}`);
  await mkdir(fresh, { recursive: true });
  try {
    await make(fresh);
    await rm(stampOf(name), { force: true });
    for (const entry of await readdir(fresh)) {
      await rm(join(dist, entry), { recursive: true, force: true });
      await rename(join(fresh, entry), join(dist, entry));
    }
    await writeFile(stampOf(name), digest);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function makeProgram(folder) {
  const { build: bundle } = await import('esbuild');
  // Some packages in the bundle are CommonJS and ask for Node's own modules by require.
  const banner =
    "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";
  const options = {
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    absWorkingDir: root,
    sourcemap: 'linked',
    sourcesContent: false,
    minifySyntax: true,
    minifyWhitespace: true, // a task starts once per shard: less to read is sooner at work
    legalComments: 'none',
    logLevel: 'warning',
  };
  const entry = (source, name, first) =>
    bundle({ ...options, entryPoints: [source], outfile: join(folder, name), banner: { js: first + banner } });
  // Both are let end: one that still writes would bring back the folder that a failure of the other removes.
  const results = await Promise.allSettled([
    entry('local/cli/main.ts', 'cli.mjs', '#!/usr/bin/env node\n'),
    entry('local/task-main.ts', 'task.mjs', ''),
  ]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  await chmod(join(folder, 'cli.mjs'), 0o755);
}

async function makePage(folder) {
  const { build: buildPage } = await import('vite');
  await buildPage({
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: join(folder, 'web'), emptyOutDir: true },
  });
}

async function digestOf(sources) {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const file of await filesOf(source))
      hash
        .update(`${file}\0`)
        .update(await readFile(join(root, file)))
        .update('\0');
  }
  return hash.digest('hex');
}

async function filesOf(source) {
  try {
    const entries = await readdir(join(root, source), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
      .sort();
  } catch (error) {
    if (error.code === 'ENOTDIR') return [source];
    throw error;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await build({ force: process.argv.includes('--force') });
}
