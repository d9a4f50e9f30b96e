import { describe, expect, test } from 'vitest';
import { parseJobRequest } from '../../domain/job-request.ts';
import { commands } from '../../local/cli/commands.ts';
import { copyRequest, parsePlace, parseSize } from '../../local/cli/copy-request.ts';
import { migrateRequest } from '../../local/cli/migrate-request.ts';
import { nearest } from '../../local/cli/nearest.ts';
import { parseCommand } from '../../local/cli/parse-command.ts';
import { runCli } from '../../local/cli/run-cli.ts';
import { recordedTerminal } from './recorded-terminal.ts';

const run = async (...argv: string[]) => {
  const { terminal, written } = recordedTerminal();
  return { code: await runCli(argv, terminal), ...written };
};

describe('what is typed wrongly is told with what was meant, and exits 2', () => {
  test.each([
    [['cpoy'], 'Did you mean "copy"?'],
    [['Jobs'], 'Did you mean "jobs"?'],
    [['constructor'], 'There is no command "constructor".'],
    [['copy', 'a:bucket', 'b:bucket', '--marge'], 'Did you mean "--merge"?'],
    [['copy', 'a:bucket', 'b:bucket', '--inflight', '3'], 'Did you mean "--in-flight"?'],
    [['jobs', '--port', '1'], '"jobs" has no option --port.'],
    [['copy', 'a:bucket'], 'CONNECTION:BUCKET[/PREFIX]'],
    [['job'], '"job" takes ID; 0 given.'],
    [['jobs', 'surplus'], '"jobs" takes nothing; 1 given.'],
    [['start', '--port'], "'--port <value>' argument missing"],
    [['start', '--port', 'many'], '--port "many" is not a whole number.'],
    [['start', '--port', '70000'], 'is not a port'],
    [['copy', 'bucket', 'b:bucket'], '"bucket" is not CONNECTION:BUCKET'],
    [['copy', 's3://bucket', 'b:bucket'], 'is not CONNECTION:BUCKET'],
    [['copy', 'a:bucket', 'b:bucket', '--part-size', 'huge'], '--part-size "huge" is not a size'],
    [['copy', 'a:bucket', 'b:bucket', '--in-flight', '-1'], '--in-flight'],
    [['migrate', 'a:bucket', 'b:bucket'], 'is not a connection: a migration keeps the bucket’s name'],
    [['migrate', 'a:bucket/photos', 'b'], 'A migration moves the whole bucket.'],
    [['migrate', 'bucket', 'b'], '"bucket" is not CONNECTION:BUCKET'],
    [['migrate', 'a:bucket', 'b', '--versions', 'some'], 'is none of all, current-only'],
    [['migrate', 'a:bucket', 'b', '--configuration', 'some'], 'is none of carry, leave'],
    [['migrate', 'a:bucket', 'b', '--quarantine-days', 'long'], '--quarantine-days "long" is not a whole number.'],
    [['migrate', 'a:bucket', 'b', '--yes-destroy', 'bukket'], 'is not the bucket that is migrated, "bucket"'],
    [['migrate', 'a:bucket', 'b', '--yes'], 'has no option --yes'],
    [['consent', 'migrate-1'], '"consent" needs --bucket.'],
    [['consent', 'migrate-1', '--bucket', 'bucket'], '"consent" needs --digest.'],
    [['decide', 'migrate-1', 'give-up'], '"give-up" is none of keep-waiting, other-name'],
    [['decide', 'migrate-1'], '"decide" takes ID and CHOICE; 1 given.'],
    [['end-quarantine', 'migrate-1'], '"end-quarantine" needs --bucket.'],
  ])('%j', async (argv, told) => {
    const { code, out, err } = await run(...argv);

    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(told);
    expect(err).toContain('Usage: bucket-migrator');
  });

  test('a word that resembles nothing is not guessed at', () => {
    expect(nearest('xylophone', Object.keys(commands))).toBeUndefined();
  });
});

describe('help', () => {
  test('names every command', async () => {
    const { code, out } = await run('--help');

    expect(code).toBe(0);
    for (const name of Object.keys(commands)) expect(out).toContain(`  ${name} `);
  });

  test.each(Object.keys(commands))('%s --help names all its options in lines that fit a terminal', async (name) => {
    const { code, out } = await run(name, '--help');

    expect(code).toBe(0);
    for (const flag of Object.keys(commands[name]?.flags ?? {})) expect(out).toContain(`--${flag}`);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  test('the version is that of the package', async () => {
    expect((await run('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('places and sizes', () => {
  test.each([
    ['a:bucket', { connection: 'a', bucket: 'bucket' }],
    ['a:bucket/', { connection: 'a', bucket: 'bucket' }],
    ['a:bucket/photos/2026/', { connection: 'a', bucket: 'bucket', prefix: 'photos/2026/' }],
    ['a:bucket//leading', { connection: 'a', bucket: 'bucket', prefix: '/leading' }],
    ['a:bucket/a:b\n ', { connection: 'a', bucket: 'bucket', prefix: 'a:b\n ' }],
  ])('%j is a place', (text, place) => {
    expect(parsePlace(text)).toEqual(place);
  });

  test.each([
    ['8388608', 8_388_608],
    ['8MiB', 8_388_608],
    ['8M', 8_388_608],
    ['8mb', 8_388_608],
    ['1.5GiB', 1_610_612_736],
    ['0', 0],
  ])('%s is %i bytes', (text, sizeBytes) => {
    expect(parseSize(text, 'part-size')).toBe(sizeBytes);
  });

  test.each(['', 'MiB', '-1', '1e3', '1PiB', '0.3', '99999999TiB'])('"%s" is no size', (text) => {
    expect(() => parseSize(text, 'part-size')).toThrow('is not a size');
  });

  test('options that are left out are the product’s own defaults', () => {
    const typed = parseJobRequest(JSON.parse(JSON.stringify(copyRequest(['a:one-bucket', 'b:other-bucket'], {}))));
    const plain = parseJobRequest({
      kind: 'copy',
      source: { connection: 'a', bucket: 'one-bucket' },
      destination: { connection: 'b', bucket: 'other-bucket' },
    });

    expect(typed).toEqual(plain);
  });

  test('every option reaches the request', () => {
    const argv = ['copy', 'a:one-bucket/x', 'b:other-bucket/y', '--merge', '--strict', '--compare-every', '--region', 'eu-west-1', '--in-flight', '3', '--tasks', '4', '--multipart-threshold', '8MiB', '--part-size', '6MiB', '--shard-objects', '100', '--rounds', '2']; // prettier-ignore
    const parsed = parseCommand(argv, '0');
    if (parsed.do !== 'run') throw new Error('not run');

    expect(parseJobRequest(JSON.parse(JSON.stringify(copyRequest(parsed.words, parsed.flags))))).toMatchObject({
      source: { prefix: 'x' },
      destination: { prefix: 'y', region: 'eu-west-1' },
      options: {
        whenDestinationHasObjects: 'merge',
        evidence: 'strict',
        compareAttributes: 'every',
        inFlightMax: 3,
        shardsAtOnceMax: 4,
        multipartThresholdBytes: 8_388_608,
        partSizeBytes: 6_291_456,
        shardObjectCountMax: 100,
        roundsMax: 2,
      },
    });
  });

  test('every option of a migration reaches the request', () => {
    const argv = ['migrate', 'a:one-bucket', 'b', '--region', 'eu-west-1', '--versions', 'current-only', '--configuration', 'leave', '--open-to-public', '--quarantine-days', '0', '--strict', '--rounds', '2']; // prettier-ignore
    const parsed = parseCommand(argv, '0');
    if (parsed.do !== 'run') throw new Error('not run');

    expect(parseJobRequest(JSON.parse(JSON.stringify(migrateRequest(parsed.words, parsed.flags))))).toMatchObject({
      kind: 'migrate',
      source: { connection: 'a', bucket: 'one-bucket' },
      destination: { connection: 'b', region: 'eu-west-1' },
      options: {
        versions: 'current-only',
        configuration: 'leave',
        appliesPublicAccess: true,
        quarantineDays: 0,
        evidence: 'strict',
        roundsMax: 2,
      },
    });
  });
});
