import Table, { type TableProps } from '@cloudscape-design/components/table';
import { GRADES, type Grade } from '../../domain/evidence.ts';
import { GRADE_WORDS } from '../words/evidence.ts';
import { formatCount } from '../words/numbers.ts';

type Row = Readonly<{ grade: Grade; count: number }>;

const COLUMNS: readonly TableProps.ColumnDefinition<Row>[] = [
  { id: 'grade', header: 'Evidence', isRowHeader: true, cell: ({ grade }) => GRADE_WORDS[grade].title },
  { id: 'count', header: 'Objects', cell: ({ count }) => formatCount(count) },
  { id: 'meaning', header: 'What it means', cell: ({ grade }) => GRADE_WORDS[grade].meaning },
];

type Props = Readonly<{
  grades: Readonly<Record<Grade, number>>;
  variant?: TableProps.Variant;
  header?: React.ReactNode;
}>;

export function GradeTable({ grades, variant = 'container', header }: Props) {
  return (
    <Table
      items={GRADES.map((grade) => ({ grade, count: grades[grade] }))}
      trackBy="grade"
      wrapLines
      variant={variant}
      columnDefinitions={COLUMNS}
      ariaLabels={{ tableLabel: 'Evidence by grade' }}
      header={header}
    />
  );
}
