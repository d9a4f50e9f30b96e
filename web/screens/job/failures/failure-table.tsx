import { useCollection } from '@cloudscape-design/collection-hooks';
import Box from '@cloudscape-design/components/box';
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import Table from '@cloudscape-design/components/table';
import TextFilter from '@cloudscape-design/components/text-filter';
import type { FailureLine } from '../../../../domain/job-documents.ts';
import { readKey } from '../../../words/keys.ts';
import { formatCount } from '../../../words/numbers.ts';
import { useNarrow } from '../../../hooks/use-narrow.ts';
import { FAILURE_COLUMNS, NARROW_FAILURE_COLUMNS } from './columns.tsx';

type Props = Readonly<{ failures: readonly FailureLine[]; totalCount: number }>;

const PAGE_SIZE = 25;

const fits = (line: FailureLine, text: string): boolean =>
  `${readKey(line.key).shown} ${line.error} ${line.message}`.toLowerCase().includes(text.toLowerCase());

export function FailureTable({ failures, totalCount }: Props) {
  const isNarrow = useNarrow();
  const { items, collectionProps, filterProps, paginationProps, filteredItemsCount } = useCollection(failures, {
    filtering: { filteringFunction: fits, noMatch: <Box textAlign="center">No failure fits this text.</Box> },
    pagination: { pageSize: PAGE_SIZE },
    sorting: {},
  });
  const isPart = failures.length < totalCount;
  return (
    <Table
      {...collectionProps}
      items={items}
      trackBy={({ key, shard }) => `${shard} ${key}`}
      wrapLines
      ariaLabels={{ tableLabel: 'Objects that were not copied' }}
      columnDefinitions={isNarrow ? NARROW_FAILURE_COLUMNS : FAILURE_COLUMNS}
      header={
        <Header
          variant="h2"
          counter={`(${formatCount(totalCount)})`}
          description={isPart ? `The first ${formatCount(failures.length)}; the files hold all of them.` : ''}
        >
          Objects
        </Header>
      }
      filter={
        <TextFilter
          {...filterProps}
          filteringPlaceholder="Find by key or cause"
          filteringAriaLabel="Find failures"
          countText={`${formatCount(filteredItemsCount ?? failures.length)} found`}
        />
      }
      pagination={failures.length > PAGE_SIZE ? <Pagination {...paginationProps} /> : null}
    />
  );
}
