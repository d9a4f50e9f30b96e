import Alert from '@cloudscape-design/components/alert';
import { ServerGoneError } from '../api/problem.ts';
import type { EpochMs } from '../../domain/time.ts';
import { formatClock } from '../words/times.ts';
import { ProblemAlert } from './problem-alert.tsx';

type Props = Readonly<{ query: { error: unknown; dataUpdatedAt: number } }>;

/** Stands above data that could not be asked again: it stays on the page, and says how old it is. */
export function AsOf({ query: { error, dataUpdatedAt } }: Props) {
  if (!error) return null;
  if (!(error instanceof ServerGoneError) || dataUpdatedAt === 0) return <ProblemAlert error={error} />;
  return (
    <Alert type="warning" header={`As of ${formatClock(dataUpdatedAt as EpochMs)}, reconnecting`}>
      Bucket Migrator does not answer at the moment. Jobs go on without this page. If it was ended, start it again with
      npm start: every job continues where it was.
    </Alert>
  );
}
