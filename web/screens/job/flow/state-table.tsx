import Box from '@cloudscape-design/components/box';
import Table from '@cloudscape-design/components/table';
import { useState } from 'react';
import { useNarrow } from '../../../hooks/use-narrow.ts';
import { unfoldedAtFirst, type FlowNode } from '../../../words/flow-tree.ts';
import { stateColumns } from './columns.tsx';

type Props = Readonly<{
  nodes: readonly FlowNode[];
  isLoading: boolean;
  header: React.ReactNode;
  onOpen: (path: string) => void;
}>;

export function StateTable({ nodes, isLoading, header, onOpen }: Props) {
  const isNarrow = useNarrow();
  // Only what the person folded or unfolded is kept; the rest follows what happens in the flow.
  const [chosen, setChosen] = useState<ReadonlyMap<string, boolean>>(new Map());
  const atFirst = new Set(unfoldedAtFirst(nodes).map(({ state }) => state.path));
  const isUnfolded = ({ state }: FlowNode) => chosen.get(state.path) ?? atFirst.has(state.path);
  const all = (list: readonly FlowNode[]): FlowNode[] => list.flatMap((node) => [node, ...all(node.children)]);
  const columns = stateColumns(onOpen, isNarrow);
  return (
    <Table
      items={nodes}
      trackBy={({ state }) => state.path}
      header={header}
      loading={isLoading}
      loadingText="Loading states"
      wrapLines
      ariaLabels={{
        tableLabel: 'States of the flow',
        expandButtonLabel: ({ state }) => `Unfold ${state.name}`,
        collapseButtonLabel: ({ state }) => `Fold ${state.name}`,
      }}
      columnDefinitions={columns}
      expandableRows={{
        getItemChildren: ({ children }) => [...children],
        isItemExpandable: ({ children }) => children.length > 0,
        expandedItems: all(nodes).filter(isUnfolded),
        onExpandableItemToggle: ({ detail: { item, expanded } }) =>
          setChosen(new Map([...chosen, [item.state.path, expanded]])),
      }}
      empty={<Box textAlign="center">The flow has not begun yet.</Box>}
    />
  );
}
