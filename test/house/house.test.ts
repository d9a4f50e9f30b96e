import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findCycles, importsOf, mayImport, roomOf, type Import } from './house.ts';

const root = resolve(import.meta.dirname, '../..');
/** `aws` is built when the flows are deployed; its rules hold from its first file on. */
const ROOMS = ['domain', 's3', 'web', 'functions', 'fargate-task', 'aws', 'local'].filter((room) =>
  existsSync(join(root, room)),
);

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

const files = ROOMS.flatMap((room) => sourceFiles(room));
const imports: Import[] = files.flatMap((file) => importsOf(file, readFileSync(join(root, file), 'utf8')));

describe('the house', () => {
  test('every room has its files, so that these checks look at something', () => {
    for (const room of ['domain', 's3', 'web', 'functions', 'fargate-task', 'local']) {
      expect(files.filter((file) => file.startsWith(`${room}/`)).length, room).toBeGreaterThan(3);
    }
    expect(imports.length).toBeGreaterThan(300);
  });

  test('arrows point down only, and floors do not look sideways', () => {
    const wrong = imports.filter((one) => !mayImport(one).ok).map((one) => `${one.from} → ${one.to}: ${reason(one)}`);

    expect(wrong).toEqual([]);
  });

  test('no file imports itself by way of others', () => {
    expect(findCycles(imports)).toEqual([]);
  });

  test('only the composition floors know the environment', () => {
    const wrong = files
      .filter((file) => !/^(local|aws)\//.test(file))
      .filter((file) =>
        /\bprocess\s*\.\s*(env|argv|exit|cwd)\b|import\.meta\.env/.test(readFileSync(join(root, file), 'utf8')),
      );

    expect(wrong).toEqual([]);
  });

  test('the domain and the page take time and randomness as parameters', () => {
    const wrong = files
      .filter((file) => /^(domain|s3|functions|fargate-task)\//.test(file) || file.startsWith('local/engine/'))
      .filter((file) =>
        /\bDate\.now\(|\bMath\.random\(|\bnew Date\(\)/.test(withoutComments(readFileSync(join(root, file), 'utf8'))),
      );

    expect(wrong).toEqual([]);
  });

  test('nothing that the product is made of imports a test or a benchmark', () => {
    expect(imports.filter((one) => /^(test|bench)\//.test(one.to))).toEqual([]);
  });
});

const reason = (one: Import): string => {
  const verdict = mayImport(one);
  return verdict.ok ? '' : verdict.reason;
};

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');

describe('the rules of the house', () => {
  const one = (from: string, to: string): Import => ({ from, to, isType: false });

  test.each([
    ['domain/plan.ts', 'domain/sizes.ts', true],
    ['domain/plan.ts', 'zod', true],
    ['domain/plan.ts', 'node:fs', false],
    ['domain/plan.ts', 's3/access.ts', false],
    ['s3/access.ts', 'domain/ports.ts', true],
    ['s3/access.ts', '@aws-sdk/client-s3', true],
    ['s3/access.ts', 'web/main.tsx', false],
    ['s3/access.ts', 'local/store.ts', false],
    ['web/main.tsx', 'react', true],
    ['web/main.tsx', 's3/access.ts', false],
    ['web/main.tsx', 'functions/api/index.ts', false],
    ['functions/steps/index.ts', 'fargate-task/run-task.ts', false],
    ['functions/api/jobs.ts', 'functions/steps/index.ts', true],
    ['fargate-task/copy.ts', 'functions/steps/index.ts', false],
    ['local/system.ts', 'functions/api/index.ts', true],
    ['local/system.ts', 'aws/flows.ts', false],
    ['local/system.ts', 'test/support/x.ts', false],
  ])('%s imports %s: %s', (from, to, allowed) => {
    expect(mayImport(one(from, to)).ok).toBe(allowed);
  });

  test('a cycle is found and named', () => {
    const cycle = findCycles([
      one('domain/a.ts', 'domain/b.ts'),
      one('domain/b.ts', 'domain/c.ts'),
      one('domain/c.ts', 'domain/a.ts'),
    ]);

    expect(cycle).toEqual([['domain/a.ts', 'domain/b.ts', 'domain/c.ts']]);
  });

  test('imports are read from static, type, dynamic and re-exporting statements', () => {
    const text = `import a from './a.ts';\nimport type { B } from "../b.ts";\nexport { c } from './c.ts';\nawait import('./d.ts');\nimport 'node:fs';`;

    expect(importsOf('local/x/y.ts', text).map((found) => found.to)).toEqual([
      'local/x/a.ts',
      'local/b.ts',
      'local/x/c.ts',
      'local/x/d.ts',
      'node:fs',
    ]);
    expect(roomOf('local/x/y.ts')).toBe('local');
    expect(dirname('local/x/y.ts')).toBe('local/x');
  });
});
