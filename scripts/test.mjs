// "npm test": style, types, build and every test. The last line printed is "N passed, N failed, N skipped".
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve, relative } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const isCi = process.env.CI === 'true';

/** What tests of real servers, clients and browsers need, by Debian package, with a program that each brings. */
const PACKAGES = { chromium: 'chromium', radosgw: 'radosgw', 'ceph-mon': 'ceph-mon', 'ceph-osd': 'ceph-osd', rclone: 'rclone', awscli: 'aws', s3cmd: 's3cmd' }; // prettier-ignore

const failedSteps = [];

async function step(name, command, args) {
  const { code, output } = await run(command, args);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name}`);
  if (code !== 0) {
    failedSteps.push(name);
    console.log(output);
  }
}

/** With `shows` the output goes straight to the terminal. */
function run(command, args, shows = false) {
  return new Promise((resolveRun) => {
    const stdio = shows ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd: root, stdio });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolveRun({ code: 1, output: String(error) }));
    child.on('close', (code) => resolveRun({ code: code ?? 1, output }));
  });
}

const tool = (name) => join(root, 'node_modules/.bin', name);

async function tests() {
  const folder = await mkdtemp(join(tmpdir(), 'bucket-migrator-tests-'));
  try {
    const file = join(folder, 'results.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const { code } = await run(tool('vitest'), ['run', ...reporters, ...process.argv.slice(2)], true);
    if (code !== 0) failedSteps.push('tests');
    return JSON.parse(await readFile(file, 'utf8').catch(() => '{"testResults":[]}'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function sayWhatWasSkipped(results) {
  const isSkipped = ({ status }) => status !== 'passed' && status !== 'failed';
  const suites = results.testResults
    .map(({ name, assertionResults }) => ({
      name: relative(root, name),
      count: assertionResults.filter(isSkipped).length,
    }))
    .filter(({ count }) => count > 0);
  if (suites.length === 0) return;
  console.log('\nSkipped:');
  for (const { name, count } of suites) console.log(`  ${name}: ${count}`);
  const missing = Object.keys(PACKAGES).filter((name) => !isOnPath(PACKAGES[name]));
  if (missing.length > 0) console.log(`Not installed: ${missing.join(', ')} (apt-get install ${missing.join(' ')})`);
  if (isCi) failedSteps.push('nothing may be skipped with CI=true');
}

const isOnPath = (program) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)));

await Promise.all([
  step('eslint', tool('eslint'), ['.']),
  step('types', tool('tsc'), ['--noEmit']),
  step('prettier', tool('prettier'), ['--check', '.']),
]);
await step('build', process.execPath, ['scripts/build.mjs']);
const results = await tests();
sayWhatWasSkipped(results);

// A file that could not even be loaded has no tests to count; it is one failure.
const brokenFileCount = results.testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((one) => one.status === 'failed'),
).length;
const countOf = (...wanted) =>
  results.testResults.flatMap((file) => file.assertionResults).filter(({ status }) => wanted.includes(status)).length;
const [passed, failed] = [countOf('passed'), countOf('failed') + brokenFileCount];
const skipped = countOf('skipped', 'pending', 'todo', 'disabled');
if (passed + failed === 0) failedSteps.push('no test ran');
console.log(failedSteps.length === 0 ? '\nEverything holds.' : `\nNot well: ${[...new Set(failedSteps)].join(', ')}.`);
process.exitCode = failedSteps.length === 0 && failed === 0 ? 0 : 1;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
