import Header from '@cloudscape-design/components/header';
import type { VerdictDocument } from '../../../../domain/job-documents.ts';
import { GradeTable } from '../../../parts/grade-table.tsx';
import { formatCount, formatObjects } from '../../../words/numbers.ts';

export function EvidenceTable({ verdict }: Readonly<{ verdict: VerdictDocument }>) {
  const compared = verdict.attributesComparedCount;
  return (
    <GradeTable
      grades={verdict.grades}
      header={
        <Header
          variant="h2"
          counter={`(${formatCount(verdict.verifiedCount)})`}
          description={`Both sides were listed afresh: ${formatObjects(verdict.sourceCount)} in the source, ${formatObjects(verdict.destinationCount)} at the destination. Headers and tags were compared on ${formatObjects(compared)}.`}
        >
          How each object is proven equal
        </Header>
      }
    />
  );
}
