import Box from '@cloudscape-design/components/box';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Header from '@cloudscape-design/components/header';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import { carriesConfiguration } from '../../domain/job-request.ts';
import type { ConfigurationItemView, JobView } from '../../domain/views.ts';
import { ApiError } from '../api/problem.ts';
import { useJobPart } from '../hooks/use-jobs.ts';
import { useNarrow } from '../hooks/use-narrow.ts';
import { fateSign, fateText, settingsShown, settingsSummary } from '../words/configuration.ts';
import { AsOf } from './as-of.tsx';
import { Waiting } from './waiting.tsx';

type Column = TableProps.ColumnDefinition<ConfigurationItemView>;

const WHY: Column = {
  id: 'why',
  header: 'Why, and what changes',
  minWidth: 160,
  cell: (item) => <Reason item={item} />,
};
const COLUMNS: readonly Column[] = [
  { id: 'title', header: 'Setting', isRowHeader: true, minWidth: 110, cell: ({ title }) => title },
  { id: 'fate', header: 'What becomes of it', minWidth: 130, cell: (item) => <Fate item={item} /> },
  WHY,
];
/** On a small screen one cell holds all three. */
const NARROW_COLUMNS: readonly Column[] = [
  {
    id: 'setting',
    header: 'Setting, and what becomes of it',
    isRowHeader: true,
    cell: (item) => (
      <>
        <Box fontWeight="bold">{item.title}</Box>
        <Fate item={item} />
        <Reason item={item} />
      </>
    ),
  },
];

const Fate = ({ item }: Readonly<{ item: ConfigurationItemView }>) => (
  <StatusIndicator type={fateSign(item)}>{fateText(item)}</StatusIndicator>
);

/** Every setting of the source bucket that is not as in any new one, and what becomes of it. */
export function ConfigurationTable({ job }: Readonly<{ job: JobView }>) {
  const isNarrow = useNarrow();
  const query = useJobPart('configuration', job);
  const { data: view, error, isPending } = query;
  if (isPending) return <Waiting what="the settings" />;
  const isNotYet = error instanceof ApiError && error.status === 404;
  if (!view) return isNotYet ? <NotKept job={job} /> : <AsOf query={query} />;
  return (
    <Table
      items={settingsShown(view)}
      trackBy="setting"
      wrapLines
      columnDefinitions={isNarrow ? NARROW_COLUMNS : COLUMNS}
      ariaLabels={{ tableLabel: 'Settings of the bucket' }}
      header={
        <Header
          variant="h2"
          description={`${view.isCarried ? '' : 'The job leaves them behind. '}${settingsSummary(view)}`}
        >
          Settings of the bucket
        </Header>
      }
      empty={<Box textAlign="center">The bucket has no settings but those of any new bucket.</Box>}
    />
  );
}

const NotKept = ({ job }: Readonly<{ job: JobView }>) => (
  <Box color="text-body-secondary">
    {carriesConfiguration(job.request)
      ? 'The settings of the bucket are not read yet.'
      : 'The settings of the bucket are left behind, as the job was told.'}
  </Box>
);

function Reason({
  item: { reason, outcomeReason, remedy, differences, proposal },
}: Readonly<{ item: ConfigurationItemView }>) {
  return (
    <div className="wrap-anywhere">
      {outcomeReason ?? reason}
      {remedy && <Box>{remedy}</Box>}
      {differences.length > 0 && (
        <ul className="plain-list">
          {differences.map((difference) => (
            <li key={difference}>{difference}</li>
          ))}
        </ul>
      )}
      {proposal !== undefined && (
        <ExpandableSection headerText="What you could put yourself">
          <pre className="json-text" tabIndex={0} role="region" aria-label="Proposal">
            {JSON.stringify(proposal, null, 2)}
          </pre>
        </ExpandableSection>
      )}
    </div>
  );
}
