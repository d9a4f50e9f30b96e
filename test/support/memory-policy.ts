import type { BucketPolicy, PolicyStatement } from '../../domain/policy.ts';

/** Who asks, as a bucket policy sees it. */
export type MemoryPrincipal = Readonly<{ arn: string; userId: string }>;

/**
 * Does a Deny of the policy refuse this? Knows what our own statements use: actions with wildcards, NotPrincipal, and
 * exemptions by session name (`aws:userid`) or by principal. Resources are not looked at: one bucket, one policy.
 */
export function isDenied(policy: BucketPolicy | undefined, action: string, who: MemoryPrincipal): boolean {
  return (policy?.Statement ?? []).some((statement) => refuses(statement, action, who));
}

function refuses(statement: PolicyStatement, action: string, who: MemoryPrincipal): boolean {
  if (statement.Effect !== 'Deny' || !namesAction(statement, action)) return false;
  const exempt = listOf((statement['NotPrincipal'] as { AWS?: unknown } | undefined)?.AWS);
  if (exempt.some((pattern) => pattern === who.arn || pattern === '*')) return false;
  return !isExempt(statement['Condition'], who);
}

function namesAction(statement: PolicyStatement, action: string): boolean {
  const named = listOf(statement['Action']).some((pattern) => matches(pattern, action));
  return statement['NotAction'] === undefined
    ? named
    : !listOf(statement['NotAction']).some((pattern) => matches(pattern, action));
}

type Tests = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function isExempt(condition: unknown, who: MemoryPrincipal): boolean {
  const tests = (condition ?? {}) as Tests;
  const sessions = listOf(tests['StringNotLike']?.['aws:userid']);
  const principals = [
    ...listOf(tests['ArnNotEquals']?.['aws:PrincipalArn']),
    ...listOf(tests['ArnNotLike']?.['aws:PrincipalArn']),
  ];
  return sessions.some((pattern) => matches(pattern, who.userId)) || principals.includes(who.arn);
}

function listOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

const matches = (pattern: string, value: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'i',
  ).test(value);
