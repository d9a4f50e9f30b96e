import { describe, expect, test } from 'vitest';
import {
  canCopyServerSide,
  namespaceOf,
  parseConnection,
  viewOfConnection,
  type Connection,
} from '../../domain/connection.ts';
import { RequestInvalidError } from '../../domain/errors.ts';

const aConnection = (change: Record<string, unknown> = {}) => ({
  name: 'main',
  kind: 'aws',
  region: 'eu-west-1',
  roleArn: 'arn:aws:iam::123456789012:role/migrator/source',
  externalId: 'abc-123',
  ...change,
});

const fieldsRefused = (input: unknown): string[] => {
  try {
    parseConnection(input);
    return [];
  } catch (error) {
    if (error instanceof RequestInvalidError) return error.problems.map((problem) => problem.field);
    throw error;
  }
};

describe('a connection', () => {
  test.each([
    ['a role', {}, []],
    ['a profile', { roleArn: undefined, externalId: undefined, profile: 'work' }, []],
    ['nothing to get in with', { roleArn: undefined, externalId: undefined }, ['profile']],
    ['two ways in', { profile: 'work', secretArn: 'arn:x' }, ['profile']],
    ['half of a key pair', { accessKeyId: 'AKIA' }, ['secretAccessKey']],
    ['an external id without a role', { roleArn: undefined, profile: 'work' }, ['externalId']],
    ['a role of another partition', { roleArn: 'arn:aws-cn:iam::123456789012:role/x' }, ['roleArn']],
    ['a user for a role', { roleArn: 'arn:aws:iam::123456789012:user/x' }, ['roleArn']],
    ['an account of 11 digits', { roleArn: 'arn:aws:iam::12345678901:role/x' }, ['roleArn']],
    ['a Region that is an address', { region: 'x.evil.example/#' }, ['region']],
    ['an endpoint on AWS', { endpoint: 'https://example.org' }, ['endpoint']],
    ['a server without an endpoint', { kind: 's3-compatible' }, ['endpoint']],
    ['an endpoint that serves credentials', { kind: 's3-compatible', endpoint: 'http://169.254.170.2' }, ['endpoint']],
    ['such an endpoint as a number', { kind: 's3-compatible', endpoint: 'http://2852039166' }, ['endpoint']],
    [
      'such an endpoint in IPv6 form',
      { kind: 's3-compatible', endpoint: 'http://[::ffff:169.254.169.254]' },
      ['endpoint'],
    ],
    ['an endpoint that is no address', { kind: 's3-compatible', endpoint: 'server' }, ['endpoint']],
    ['a password in the endpoint', { kind: 's3-compatible', endpoint: 'http://a:b@server' }, ['endpoint']],
    ['an unknown field', { secret: 'x' }, ['secret']],
    ['a name with spaces', { name: 'my connection' }, ['name']],
  ])('with %s is refused for %s', (_, change, fields) => {
    expect(fieldsRefused(JSON.parse(JSON.stringify(aConnection(change))))).toEqual(fields);
  });

  test('never shows its secret, and of its key only the end', () => {
    const view = viewOfConnection(
      parseConnection({ ...aConnection(), accessKeyId: 'AKIAEXAMPLE1234', secretAccessKey: 'very-secret' }),
    );

    expect(JSON.stringify(view)).not.toMatch(/very-secret|AKIAEXAMPLE/);
    expect(view).toMatchObject({ accessKeyIdEnding: '1234', hasSecret: true });
  });

  test.each<[string, Partial<Connection>, Partial<Connection>, boolean]>([
    ['two Regions of one partition', { region: 'eu-west-1' }, { region: 'us-east-1' }, true],
    ['two partitions', { region: 'eu-west-1' }, { region: 'cn-north-1' }, false],
    [
      'one server',
      { kind: 's3-compatible', endpoint: 'http://a:1' },
      { kind: 's3-compatible', endpoint: 'http://a:1' },
      true,
    ],
    [
      'two servers',
      { kind: 's3-compatible', endpoint: 'http://a:1' },
      { kind: 's3-compatible', endpoint: 'http://b:1' },
      false,
    ],
    ['a server and AWS', { kind: 's3-compatible', endpoint: 'http://a:1' }, {}, false],
  ])('and another in %s: server-side copy %s', (_, left, right, possible) => {
    const connection = (change: Partial<Connection>) =>
      ({ name: 'x', kind: 'aws', region: 'eu-west-1', ...change }) as Connection;

    expect(canCopyServerSide(connection(left), connection(right))).toBe(possible);
    expect(namespaceOf(connection(left))).toMatch(/^[\w.-]+$/);
  });
});
