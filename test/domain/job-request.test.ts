import { describe, expect, test } from 'vitest';
import { RequestInvalidError } from '../../domain/errors.ts';
import { destinationBucketOf, parseJobRequest } from '../../domain/job-request.ts';

const aRequest = (change: Record<string, unknown> = {}) => ({
  kind: 'copy',
  source: { connection: 'here', bucket: 'photos' },
  destination: { connection: 'there', bucket: 'photos-copy' },
  ...change,
});

const problemsOf = (input: unknown): Record<string, string> => {
  try {
    parseJobRequest(input);
  } catch (error) {
    if (error instanceof RequestInvalidError)
      return Object.fromEntries(error.problems.map(({ field, message }) => [field, message]));
    throw error;
  }
  return {};
};

describe('a job request', () => {
  test('gets the defaults that are right for nearly everyone', () => {
    expect(parseJobRequest(aRequest()).options).toMatchObject({
      whenDestinationHasObjects: 'refuse',
      evidence: 'standard',
      roundsMax: 3,
    });
  });

  test('with many faults is told all of them at once, each at its field', () => {
    const problems = problemsOf({
      kind: 'move',
      source: { connection: 'Here!', bucket: 'UPPER', folder: 'x' },
      destination: { connection: 'there', bucket: 'a' },
      options: { inFlightMax: 0, hurry: true },
      when: 'now',
    });

    expect(Object.keys(problems).sort()).toEqual(
      [
        'destination.bucket',
        'kind',
        'options.hurry',
        'options.inFlightMax',
        'source.bucket',
        'source.connection',
        'source.folder',
        'when',
      ].sort(),
    );
  });

  test.each([
    ['an ARN', 'arn:aws:s3:::photos', /is an ARN.*photos/],
    ['an address', 's3://photos', /is an address/],
    ['a web address', 'https://photos.s3.amazonaws.com', /is an address/],
    ['upper case', 'Photos', /upper-case/],
    ['two characters', 'ab', /3 to 63/],
    ['64 characters', 'a'.repeat(64), /3 to 63/],
    ['an underscore', 'my_photos', /a–z, 0–9/],
    ['a final hyphen', 'photos-', /begin and end/],
    ['an IP address', '192.168.0.1', /IP address/],
    ['two full stops', 'my..photos', /two full stops/],
    ['a directory bucket', 'x--use1-az4--x-s3', /directory bucket/],
    ['an access point alias', 'abc-123-s3alias', /access point alias/],
    ['a reserved beginning', 'xn--photos', /reserves/],
    ['nothing', '', /Give the name/],
  ])('with %s for a bucket is told which rule is broken', (_, bucket, message) => {
    expect(problemsOf(aRequest({ source: { connection: 'here', bucket } }))['source.bucket']).toMatch(message);
  });

  test('from a bucket to itself is refused: there is nothing to copy', () => {
    const problems = problemsOf(aRequest({ destination: { connection: 'here', bucket: 'photos' } }));

    expect(problems['destination.bucket']).toMatch(/same bucket/);
  });

  test('to the same name through another connection is left for preflight to judge', () => {
    expect(problemsOf(aRequest({ destination: { connection: 'there', bucket: 'photos' } }))).toEqual({});
  });

  test('to copy without a destination bucket is told to give one', () => {
    expect(problemsOf(aRequest({ destination: { connection: 'there' } }))['destination.bucket']).toMatch(
      /Give the name/,
    );
  });

  test('to migrate keeps the name', () => {
    const request = parseJobRequest(aRequest({ kind: 'migrate', destination: { connection: 'there' } }));

    expect(destinationBucketOf(request)).toBe('photos');
    expect(problemsOf(aRequest({ kind: 'migrate' }))['destination.bucket']).toMatch(/keeps the name/);
  });

  test('to migrate an account-regional name is offered a copy instead', () => {
    const source = { connection: 'here', bucket: 'photos-123456789012-eu-west-1-an' };

    expect(
      problemsOf(aRequest({ kind: 'migrate', source, destination: { connection: 'there' } }))['source.bucket'],
    ).toMatch(/Copy it/);
    expect(problemsOf(aRequest({ source }))).toEqual({});
  });

  test.each([[null], ['text'], [42], [[]], [undefined]])('that is %j is refused as no request', (input) => {
    expect(Object.keys(problemsOf(input))).toEqual(['']);
  });

  test('with a field named like a prototype cannot reach one', () => {
    const problems = problemsOf(
      JSON.parse(
        '{"kind":"copy","source":{"connection":"a","bucket":"abc","constructor":{}},"destination":{"connection":"b","bucket":"abc"}}',
      ),
    );

    expect(problems['source.constructor']).toMatch(/no field/);
  });

  test('with a prefix beyond 1,024 bytes is refused by bytes, not characters', () => {
    expect(
      problemsOf(aRequest({ source: { connection: 'here', bucket: 'photos', prefix: 'é'.repeat(513) } }))[
        'source.prefix'
      ],
    ).toMatch(/1024 bytes/);
  });
});
