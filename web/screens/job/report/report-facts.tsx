import Alert from '@cloudscape-design/components/alert';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { ReportView } from '../../../../domain/views.ts';
import { formatBytes, formatCount } from '../../../words/numbers.ts';
import { formatWhen } from '../../../words/times.ts';

export function ReportFacts({ report }: Readonly<{ report: ReportView }>) {
  const grants = report.grantsOutstanding.length;
  return (
    <SpaceBetween size="m">
      {report.failure && (
        <Alert type="error" header={report.failure.error}>
          <span className="wrap-anywhere">
            {report.failure.message} {report.failure.remedy}
          </span>
        </Alert>
      )}
      {report.verdict && <div className="wrap-anywhere">{report.verdict.summary}</div>}
      <KeyValuePairs
        columns={4}
        minColumnWidth={110}
        items={[
          { label: 'Copied', value: `${formatCount(report.copiedCount)} (${formatBytes(report.copiedBytes)})` },
          { label: 'Skipped, equal already', value: formatCount(report.skippedCount) },
          { label: 'Blocked, a person must act', value: formatCount(report.blockedCount) },
          { label: 'Failed', value: formatCount(report.failedCount) },
          { label: 'Rounds', value: report.verdict ? formatCount(report.verdict.round) : '–' },
          { label: 'Grants outstanding', value: <Outstanding count={grants} none="None" /> },
          { label: 'Uploads outstanding', value: <Outstanding count={report.uploadsOutstandingCount} none="None" /> },
          { label: 'Finished', value: formatWhen(report.finishedAtMs) },
        ]}
      />
    </SpaceBetween>
  );
}

function Outstanding({ count, none }: Readonly<{ count: number; none: string }>) {
  return (
    <StatusIndicator type={count === 0 ? 'success' : 'warning'}>
      {count === 0 ? none : formatCount(count)}
    </StatusIndicator>
  );
}
