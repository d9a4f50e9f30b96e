import { posix } from 'node:path';

/** Paths are relative to the project's root; a package keeps its own name. */
export type Import = Readonly<{ from: string; to: string; isType: boolean }>;

const STATEMENT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

export function importsOf(from: string, text: string): Import[] {
  return [...text.matchAll(STATEMENT)].map((match) => {
    const specifier = match[2] ?? match[3] ?? '';
    const to = specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(from), specifier)) : specifier;
    return { from, to, isType: match[1] !== undefined };
  });
}

export const roomOf = (path: string): string => path.split('/')[0] ?? '';

/** Rooms that each room may look into, and what it may take from outside. */
const RULES: Readonly<Record<string, { rooms: readonly string[]; packages: RegExp }>> = {
  domain: { rooms: ['domain'], packages: /^zod$/ },
  s3: { rooms: ['s3', 'domain'], packages: /^(@aws-sdk\/|@smithy\/|@aws-crypto\/|undici$|node:)/ },
  web: { rooms: ['web', 'domain'], packages: /^(react|react-dom|react-router|@tanstack\/|@cloudscape-design\/|zod$)/ },
  functions: { rooms: ['functions', 's3', 'domain'], packages: /^(hono|@hono\/|zod$|node:)/ },
  'fargate-task': { rooms: ['fargate-task', 's3', 'domain'], packages: /^node:/ },
  local: {
    rooms: ['local', 'functions', 'fargate-task', 's3', 'domain', 'statemachine', 'package.json'],
    packages: /./,
  },
  aws: { rooms: ['aws', 'functions', 'fargate-task', 's3', 'domain', 'statemachine', 'package.json'], packages: /./ },
};

const OWN = [...Object.keys(RULES), 'statemachine', 'test', 'bench', 'scripts', 'package.json'];

export function mayImport({ from, to }: Import): { ok: true } | { ok: false; reason: string } {
  const rules = RULES[roomOf(from)];
  if (!rules) return { ok: false, reason: `${roomOf(from)} is not a room of the house` };
  const room = roomOf(to);
  if (OWN.includes(room)) {
    return rules.rooms.includes(room)
      ? { ok: true }
      : { ok: false, reason: `${roomOf(from)} may not look into ${room}` };
  }
  return rules.packages.test(to) ? { ok: true } : { ok: false, reason: `${roomOf(from)} may not use ${to}` };
}

/** Every group of files that reach each other, each named from its smallest member on. */
export function findCycles(imports: readonly Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to, isType } of imports) {
    if (!isType) next.set(from, [...(next.get(from) ?? []), to]);
  }
  const found = new Map<string, string[]>();
  const state = new Map<string, 'open' | 'closed'>();
  const visit = (file: string, trail: string[]): void => {
    if (state.get(file) === 'closed') return;
    if (state.get(file) === 'open') {
      const cycle = fromSmallest(trail.slice(trail.indexOf(file)));
      found.set(cycle.join(' '), cycle);
      return;
    }
    state.set(file, 'open');
    for (const to of next.get(file) ?? []) visit(to, [...trail, file]);
    state.set(file, 'closed');
  };
  for (const file of next.keys()) visit(file, []);
  return [...found.values()];
}

function fromSmallest(cycle: string[]): string[] {
  const start = cycle.indexOf([...cycle].sort()[0] ?? '');
  return [...cycle.slice(start), ...cycle.slice(0, start)];
}
