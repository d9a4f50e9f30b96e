import type { JobRequest } from '../../domain/job-request.ts';

/** Every field in which two requests differ, with both values, for people: `source.bucket: "a" then, "b" now`. */
export function differencesBetween(then: JobRequest, now: JobRequest): string[] {
  const left = flatten(then);
  const right = flatten(now);
  const fields = [...new Set([...left.keys(), ...right.keys()])];
  return fields
    .filter((field) => left.get(field) !== right.get(field))
    .map((field) => `${field}: ${left.get(field) ?? 'nothing'} then, ${right.get(field) ?? 'nothing'} now`);
}

function flatten(value: object, at = ''): Map<string, string> {
  const leaves = new Map<string, string>();
  for (const [name, inner] of Object.entries(value) as [string, unknown][]) {
    const field = at === '' ? name : `${at}.${name}`;
    if (typeof inner === 'object' && inner !== null)
      flatten(inner, field).forEach((text, leaf) => leaves.set(leaf, text));
    else if (inner !== undefined) leaves.set(field, JSON.stringify(inner));
  }
  return leaves;
}
