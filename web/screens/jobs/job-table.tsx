import { useCollection } from '@cloudscape-design/collection-hooks';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Pagination from '@cloudscape-design/components/pagination';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { useMemo, useState } from 'react';
import type { JobView } from '../../../domain/views.ts';
import { useNarrow } from '../../hooks/use-narrow.ts';
import { filterJobs, NO_FILTER } from '../../words/job-filter.ts';
import { JOB_COLUMNS, NARROW_JOB_COLUMNS } from './columns.tsx';
import { JobFilters } from './filters.tsx';
import { FirstSteps } from './first-steps.tsx';
import { RowActions, type RowAction } from './row-actions.tsx';

type Props = Readonly<{
  jobs: readonly JobView[] | undefined;
  onAction: (action: RowAction, job: JobView) => void;
}>;

const PAGE_SIZE = 25;

export function JobTable({ jobs, onAction }: Props) {
  const isNarrow = useNarrow();
  const [filter, setFilter] = useState(NO_FILTER);
  const shown = useMemo(() => filterJobs(jobs ?? [], filter), [jobs, filter]);
  const { items, collectionProps, paginationProps } = useCollection(shown, { pagination: { pageSize: PAGE_SIZE } });
  const columns = [
    ...(isNarrow ? NARROW_JOB_COLUMNS : JOB_COLUMNS),
    {
      id: 'actions',
      header: 'Actions',
      minWidth: 60,
      cell: (job: JobView) => <RowActions job={job} onAction={onAction} />,
    },
  ];
  const isEmpty = jobs !== undefined && jobs.length === 0;
  return (
    <Table
      {...collectionProps}
      items={items}
      trackBy="id"
      wrapLines
      stickyColumns={isNarrow ? {} : { last: 1 }}
      variant="container"
      loading={jobs === undefined}
      loadingText="Loading jobs"
      ariaLabels={{ tableLabel: 'Jobs' }}
      columnDefinitions={columns}
      filter={isEmpty ? null : <JobFilters filter={filter} shownCount={shown.length} onChange={setFilter} />}
      pagination={shown.length > PAGE_SIZE ? <Pagination {...paginationProps} /> : null}
      empty={isEmpty ? <FirstSteps /> : <NoMatch onClear={() => setFilter(NO_FILTER)} />}
    />
  );
}

function NoMatch({ onClear }: Readonly<{ onClear: () => void }>) {
  return (
    <Box textAlign="center" padding="m">
      <SpaceBetween size="s">
        <Box>No job fits these filters.</Box>
        <Button onClick={onClear}>Clear filters</Button>
      </SpaceBetween>
    </Box>
  );
}
