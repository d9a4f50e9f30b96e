import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMemo, useState } from 'react';
import type { FlowState } from '../../../../domain/ports.ts';
import type { JobView } from '../../../../domain/views.ts';
import { useJobPart } from '../../../hooks/use-jobs.ts';
import { AsOf } from '../../../parts/as-of.tsx';
import { flowTree } from '../../../words/flow-tree.ts';
import { StateDetails } from './state-details.tsx';
import { StateTable } from './state-table.tsx';

export function FlowTab({ job }: Readonly<{ job: JobView }>) {
  const query = useJobPart('states', job);
  const [openedPath, setOpenedPath] = useState<string>();
  const states = query.data?.states;
  const nodes = useMemo(() => flowTree(states ?? []), [states]);
  const opened: FlowState | undefined = states?.find(({ path }) => path === openedPath);
  return (
    <SpaceBetween size="m">
      <AsOf query={query} />
      {/* The place for the state machine as a graph; this list says the same in words. */}
      <StateTable
        nodes={nodes}
        isLoading={query.isPending}
        header={
          <Header
            variant="h2"
            description="What the state machine did, step by step. Open a state for its input and output."
          >
            States
          </Header>
        }
        onOpen={setOpenedPath}
      />
      {opened && <StateDetails state={opened} onClose={() => setOpenedPath(undefined)} />}
    </SpaceBetween>
  );
}
