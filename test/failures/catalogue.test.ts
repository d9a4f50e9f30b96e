import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from './catalogue.ts';
import { titlesIn } from './titles.ts';

const root = resolve(import.meta.dirname, '../..');
const FILES = new Map<string, readonly string[]>();

function titlesOf(file: string): readonly string[] {
  const known = FILES.get(file) ?? titlesIn(readFileSync(resolve(root, file), 'utf8'));
  FILES.set(file, known);
  return known;
}

describe('the catalogue of failures', () => {
  test('has every number from 73 to 130 once, in order', () => {
    const numbers = Array.from({ length: 130 - 73 + 1 }, (_, index) => 73 + index);

    expect(CATALOGUE.map(({ number }) => number)).toEqual(numbers);
  });

  test('says of each what happens, what must happen then and what the person sees', () => {
    const silent = CATALOGUE.filter(({ when, must, seen }) => [when, must, seen].some((text) => !/\.$/.test(text)));

    expect(silent.map(({ number }) => number)).toEqual([]);
  });

  test('names for each a test that stands where it says', () => {
    const broken = CATALOGUE.flatMap(({ number, promisedBy }) => {
      if (promisedBy.length === 0) return [`${number}: no test`];
      const missing = promisedBy.filter(({ file, title }) => !titlesOf(file).includes(title));
      return missing.map(({ file, title }) => `${number}: ${file}: ${title}`);
    });

    expect(broken).toEqual([]);
  });

  test('says why something waits for the deployment', () => {
    const waiting = CATALOGUE.filter(({ waitsFor }) => waitsFor !== undefined);

    expect(waiting.every(({ waitsFor }) => waitsFor?.because.endsWith('.'))).toBe(true);
    expect(waiting.map(({ number }) => number)).toEqual([110, 111, 112, 114, 115, 116, 119, 122, 124, 128, 129, 130]);
  });

  test('every test here that begins with a number is named by that number', () => {
    const own = ['deleting', 'returning', 'running'].map((name) => `test/failures/${name}.test.ts`);
    const numbered = own.flatMap((file) => titlesOf(file).map((title) => ({ file, title })));
    const lost = numbered.filter(({ file, title }) => {
      const number = Number(/(?:^| > )(\d+): /.exec(title)?.[1]);
      const promised = CATALOGUE.find((failure) => failure.number === number)?.promisedBy ?? [];
      return !promised.some((one) => one.file === file && one.title === title);
    });

    expect(lost.map(({ title }) => title)).toEqual([]);
  });
});

describe('titles of tests', () => {
  test('are read with their groups, also of tables and templates, and rows of tables are none', () => {
    const text = `
      describe('a', () => {
        test('b', () => {});
        test.each([['row', test]])('%s c', () => {});
        describe(\`d \${x}\`, () => it("e", () => {}));
      });
      test.skipIf(x)('f', () => {});
      latest('g'); tested.test('h');`;

    expect(titlesIn(text)).toEqual(['a > b', 'a > %s c', 'a > d ${x} > e', 'f']);
  });
});
