import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { JobView } from '../../../../domain/views.ts';
import { ConfigurationTable } from '../../../parts/configuration-table.tsx';
import { ExactText } from '../../../parts/exact-text.tsx';
import { GradeTable } from '../../../parts/grade-table.tsx';
import { provenText } from '../../../words/migration.ts';
import { formatBytes } from '../../../words/numbers.ts';
import { formatWhen } from '../../../words/times.ts';

/** What was proven before anything was deleted, and what became of every setting. */
export function MigrationReport({ job }: Readonly<{ job: JobView }>) {
  const proof = job.migration?.proof;
  return (
    <SpaceBetween size="m">
      {proof && (
        <GradeTable
          grades={proof.grades}
          header={
            <Header
              variant="h2"
              description={
                <>
                  {provenText(proof)}, {formatBytes(proof.sizeBytes)}, sealed on {formatWhen(proof.sealedAtMs)}
                  {proof.voidedAtMs === undefined ? '' : `, void since ${formatWhen(proof.voidedAtMs)}`}.{' '}
                  {proof.summary}
                  <br />
                  Digest <ExactText text={proof.digest} what="the digest of the proof" />
                </>
              }
            >
              What was proven before anything was deleted
            </Header>
          }
        />
      )}
      <ConfigurationTable job={job} />
    </SpaceBetween>
  );
}
