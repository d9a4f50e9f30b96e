import type { FlowState } from '../../domain/ports.ts';

/** A state with those that ran inside it. `hiddenCount`: children left out, because a map may have thousands. */
export type FlowNode = Readonly<{ state: FlowState; children: readonly FlowNode[]; hiddenCount: number }>;

/** More rows than this under one state help nobody; the failed and running ones are kept first. */
const CHILDREN_MAX = 100;

/** The flat list as the server gives it → a tree. A state belongs to the longest other path that it stands behind. */
export function flowTree(states: readonly FlowState[], childrenMax = CHILDREN_MAX): FlowNode[] {
  const paths = new Set(states.map((state) => state.path));
  const children = new Map<string, FlowState[]>();
  for (const state of states) {
    const parent = parentOf(state.path, paths);
    children.set(parent, [...(children.get(parent) ?? []), state]);
  }
  const build = (path: string): { nodes: FlowNode[]; hiddenCount: number } => {
    const all = children.get(path) ?? [];
    const shown = all.length > childrenMax ? mostTelling(all, childrenMax) : all;
    const nodes = shown.map((state) => {
      const inside = build(state.path);
      return { state, children: inside.nodes, hiddenCount: inside.hiddenCount };
    });
    return { nodes, hiddenCount: all.length - shown.length };
  };
  return build('').nodes;
}

function parentOf(path: string, paths: ReadonlySet<string>): string {
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    const candidate = path.slice(0, slash);
    if (paths.has(candidate)) return candidate;
  }
  return '';
}

const TELLING: readonly FlowState['status'][] = ['failed', 'stopped', 'running', 'waiting', 'succeeded'];

function mostTelling(states: readonly FlowState[], max: number): FlowState[] {
  const chosen = new Set(
    [...states].sort((a, b) => TELLING.indexOf(a.status) - TELLING.indexOf(b.status)).slice(0, max),
  );
  return states.filter((state) => chosen.has(state));
}

/** States to unfold at first: whatever failed or still goes on, and what stands above it. */
export function unfoldedAtFirst(nodes: readonly FlowNode[]): FlowNode[] {
  return nodes
    .filter((node) => node.children.length > 0 && isTelling(node))
    .flatMap((node) => [node, ...unfoldedAtFirst(node.children)]);
}

const isTelling = ({ state, children }: FlowNode): boolean =>
  state.status === 'failed' || state.status === 'running' || children.some(isTelling);
