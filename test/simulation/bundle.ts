import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** One guard of the product taken out: `find` stands exactly once in `file` and becomes `replace`. */
export type Edit = Readonly<{ file: string; find: string; replace: string }>;

/** Makes one file that plain Node runs: quick to start, without the thread pool, and where wanted with a guard less. */
export async function bundleSimulation(root: string, outfile: string, edits: readonly Edit[] = []): Promise<string> {
  await build({
    entryPoints: [join(root, FOLDER, 'main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
    plugins: [withoutThreads(root), editing(root, edits)],
  });
  return outfile;
}

const FOLDER = 'test/simulation';

const withoutThreads = (root: string): Plugin => ({
  name: 'without-threads',
  setup: (plugins) => {
    plugins.onResolve({ filter: /^(node:)?zlib$/ }, ({ importer }) =>
      /\b(fargate-task|functions)\b/.test(importer) === false
        ? undefined
        : { path: join(root, FOLDER, 'sync-zlib.ts') },
    );
  },
});

const editing = (root: string, edits: readonly Edit[]): Plugin => ({
  name: 'guard-less',
  setup: (plugins) => {
    for (const file of new Set(edits.map((edit) => edit.file))) {
      const contents = edited(root, file, edits);
      const filter = new RegExp(`/${file.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
      plugins.onLoad({ filter }, () => ({ contents, loader: file.endsWith('.json') ? 'json' : 'ts' }));
    }
  },
});

/** The file without its guard. Throws when a guard does not stand where it is thought to be, exactly once. */
export function edited(root: string, file: string, edits: readonly Edit[]): string {
  return edits
    .filter((edit) => edit.file === file)
    .reduce(
      (text, { find, replace }) => {
        if (text.split(find).length !== 2) throw new Error(`"${find}" does not stand exactly once in ${file}`);
        return text.replace(find, () => replace);
      },
      readFileSync(join(root, file), 'utf8'),
    );
}
