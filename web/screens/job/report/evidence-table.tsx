import Header from '@cloudscape-design/components/header';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import { GRADES, type Grade } from '../../../../domain/evidence.ts';
import type { VerdictDocument } from '../../../../domain/job-documents.ts';
import { GRADE_WORDS } from '../../../words/evidence.ts';
import { formatCount, formatObjects } from '../../../words/numbers.ts';

type Row = Readonly<{ grade: Grade; count: number }>;

const COLUMNS: readonly TableProps.ColumnDefinition<Row>[] = [
  { id: 'grade', header: 'Evidence', isRowHeader: true, cell: ({ grade }) => GRADE_WORDS[grade].title },
  { id: 'count', header: 'Objects', cell: ({ count }) => formatCount(count) },
  { id: 'meaning', header: 'What it means', cell: ({ grade }) => GRADE_WORDS[grade].meaning },
];

export function EvidenceTable({ verdict }: Readonly<{ verdict: VerdictDocument }>) {
  const compared = verdict.attributesComparedCount;
  return (
    <Table
      items={GRADES.map((grade) => ({ grade, count: verdict.grades[grade] }))}
      trackBy="grade"
      wrapLines
      columnDefinitions={COLUMNS}
      ariaLabels={{ tableLabel: 'Evidence by grade' }}
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
