import { cut, widthOf } from './words.ts';

export type Column<Row> = Readonly<{
  title: string;
  text: (row: Row) => string;
  alignsRight?: boolean;
  mayShrink?: boolean;
}>;

const GAP = '  ';

/** Lines no longer than the terminal: columns that may shrink give way, widest first. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], widthMax: number): string {
  const cells = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((column) => column.text(row))),
  ];
  const widths = fit(
    columns.map((_, index) => Math.max(...cells.map((line) => widthOf(line[index] ?? '')))),
    columns.map((column) => column.mayShrink === true),
    widthMax - GAP.length * (columns.length - 1),
  );
  return cells.map((line) => cut(lineOf(line, widths, columns).trimEnd(), widthMax)).join('\n');
}

function lineOf<Row>(cells: readonly string[], widths: readonly number[], columns: readonly Column<Row>[]): string {
  return cells
    .map((cell, index) => {
      const width = widths[index] ?? 0;
      const fitting = cut(cell, width);
      const space = ' '.repeat(Math.max(0, width - widthOf(fitting)));
      return columns[index]?.alignsRight ? space + fitting : fitting + space;
    })
    .join(GAP);
}

const SHRUNK_WIDTH_MIN = 8;

function fit(widths: readonly number[], mayShrink: readonly boolean[], widthMax: number): number[] {
  const fitted = [...widths];
  const total = () => fitted.reduce((sum, width) => sum + width, 0);
  while (total() > widthMax) {
    const widest = Math.max(...fitted.filter((_, index) => mayShrink[index]));
    if (!(widest > SHRUNK_WIDTH_MIN)) break; // also when no column may shrink: lines are cut then
    fitted[fitted.findIndex((width, index) => mayShrink[index] && width === widest)] = widest - 1;
  }
  return fitted;
}
