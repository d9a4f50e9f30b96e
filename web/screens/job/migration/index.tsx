import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { JobView, MigrationView } from '../../../../domain/views.ts';
import { NameWaitFacts } from '../../../parts/name-wait-facts.tsx';
import { RouterLink } from '../../../parts/router-link.tsx';
import { decisionOf } from '../../../words/decision.ts';
import { decisionPath, safetyText } from '../../../words/migration.ts';
import { migrationFacts } from './migration-facts.tsx';

/** What a migration has beside its numbers: its buckets, its proof, who said yes, and what stands of ours. */
export function MigrationPanel({ job }: Readonly<{ job: JobView }>) {
  const { migration } = job;
  if (!migration) return null;
  const decision = decisionOf(job);
  const safety = safetyText(job);
  return (
    <Container header={<Header variant="h2">The migration</Header>}>
      <SpaceBetween size="m">
        {safety !== '' && <div className="wrap-anywhere">{safety}</div>}
        <KeyValuePairs columns={3} minColumnWidth={200} items={migrationFacts(migration)} />
        {decision === 'name' && <NameWaitFacts job={job} />}
        {decision === 'name' && <RouterLink to={decisionPath(job)}>Decide about the name</RouterLink>}
        {decision === 'quarantine' && (
          <RouterLink to={decisionPath(job)}>Delete the temporary bucket earlier</RouterLink>
        )}
        <Outstanding outstanding={migration.outstanding} />
      </SpaceBetween>
    </Container>
  );
}

function Outstanding({ outstanding }: Pick<MigrationView, 'outstanding'>) {
  return (
    <div>
      <Box variant="awsui-key-label">What stands of this job</Box>
      {outstanding.length === 0 ? (
        'Nothing'
      ) : (
        <ul className="plain-list wrap-anywhere">
          {outstanding.map(({ what, where, why }) => (
            <li key={`${what} ${where.connection} ${where.bucket}`}>
              {where.connection}: {where.bucket}. {why}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
