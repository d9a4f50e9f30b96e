import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { JobView, ReportView } from '../../../../domain/views.ts';
import { jsonFile, saveFile } from '../../../api/download.ts';
import { ApiError } from '../../../api/problem.ts';
import { useJobPart } from '../../../hooks/use-jobs.ts';
import { AsOf } from '../../../parts/as-of.tsx';
import { Waiting } from '../../../parts/waiting.tsx';
import { isActive } from '../../../words/job.ts';
import { EvidenceTable } from './evidence-table.tsx';
import { MigrationReport } from './migration-report.tsx';
import { ReportFacts } from './report-facts.tsx';

const OUTCOME_WORDS: Readonly<Record<ReportView['outcome'], string>> = {
  verified: 'Everything is verified',
  failed: 'Not everything is verified',
  undone: 'Brought back: the source is as it was',
};

export function ReportTab({ job }: Readonly<{ job: JobView }>) {
  return (
    <SpaceBetween size="m">
      <WrittenReport job={job} />
      {/* Sealed and read before the job ends, so they do not wait for its report. */}
      {job.migration && <MigrationReport job={job} />}
    </SpaceBetween>
  );
}

function WrittenReport({ job }: Readonly<{ job: JobView }>) {
  const query = useJobPart('report', job);
  const { data: report, error, isPending } = query;
  const isNotYet = error instanceof ApiError && error.status === 404;
  if (isPending) return <Waiting what="the report" />;
  if (isNotYet || !report) {
    if (error && !isNotYet) return <AsOf query={query} />;
    return (
      <Box textAlign="center" padding="l">
        {isActive(job) ? 'The report is written when the job ends.' : 'This job ended before it could write a report.'}
      </Box>
    );
  }
  return (
    <SpaceBetween size="m">
      <AsOf query={query} />
      <Container
        header={
          <Header
            variant="h2"
            actions={
              <Button iconName="download" onClick={() => saveFile(jsonFile(report), `${job.id}-report.json`)}>
                Download JSON
              </Button>
            }
          >
            {OUTCOME_WORDS[report.outcome]}
          </Header>
        }
      >
        <ReportFacts report={report} />
      </Container>
      {report.verdict && <EvidenceTable verdict={report.verdict} />}
    </SpaceBetween>
  );
}
