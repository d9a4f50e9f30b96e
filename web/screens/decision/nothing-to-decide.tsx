import Alert from '@cloudscape-design/components/alert';
import type { JobView } from '../../../domain/views.ts';
import { nothingToDecideText } from '../../words/decision.ts';
import { safetyText } from '../../words/migration.ts';
import { formatWhen } from '../../words/times.ts';

/** Somebody else was quicker, or it is too early, or too late. */
export function NothingToDecide({ job }: Readonly<{ job: JobView }>) {
  const consent = job.migration?.consent;
  return (
    <Alert type="info" header="There is nothing to decide now">
      <span className="wrap-anywhere">
        {consent && `${consent.by} consented on ${formatWhen(consent.atMs)}. `}
        {nothingToDecideText(job)} {safetyText(job)}
      </span>
    </Alert>
  );
}
