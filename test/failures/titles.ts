import ts from 'typescript';

/** Tests of one file as a report names them: "group > test", with the `%s` of a table as it is written. */
export function titlesIn(text: string): string[] {
  const titles: string[] = [];
  const visit = (node: ts.Node, groups: readonly string[]): void => {
    const title = titleOf(node);
    if (title?.of === 'test') titles.push([...groups, title.text].join(' > '));
    const inner = title?.of === 'describe' ? [...groups, title.text] : groups;
    ts.forEachChild(node, (child) => visit(child, inner));
  };
  visit(ts.createSourceFile('some.test.ts', text, ts.ScriptTarget.Latest, true), []);
  return titles;
}

type Title = Readonly<{ of: 'test' | 'describe'; text: string }>;

function titleOf(node: ts.Node): Title | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const of = calledIn(node.expression);
  const [first] = node.arguments;
  const text = first && textOf(first);
  return of === undefined || text === undefined ? undefined : { of, text };
}

/** `test(…)` and `test.each(…)(…)`; not the table itself, whose rows are no titles. */
function calledIn(called: ts.Expression): Title['of'] | undefined {
  if (ts.isIdentifier(called)) {
    if (called.text === 'it') return 'test';
    return called.text === 'test' || called.text === 'describe' ? called.text : undefined;
  }
  const isTable = ts.isCallExpression(called) && ts.isPropertyAccessExpression(called.expression);
  return isTable ? calledIn(called.expression.expression) : undefined;
}

function textOf(title: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(title)) return title.text;
  return ts.isTemplateExpression(title) ? title.getText().slice(1, -1) : undefined;
}
