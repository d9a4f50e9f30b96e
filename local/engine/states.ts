import { executionArn } from './description.ts';
import type { JournalStore } from './journal.ts';
import { readItemRecords, RECORDS_SHOWN_MAX } from './map-run.ts';
import { recordOf } from './fold.ts';
import type { ExecutionRecord, StateRun } from './record.ts';
import type { LiveItems } from './run.ts';

type Source = Readonly<{
  record: ExecutionRecord;
  journalId: string;
  journals: JournalStore;
  /** the maps at work when the execution is */
  live?: ReadonlyMap<StateRun, LiveItems>;
}>;

/** Every state in the order it was entered; the states of a distributed map's items follow the map's own. */
export function statesOf(source: Source, pathBefore = ''): StateRun[] {
  return source.record.runs.flatMap((run) => {
    const items = source.live?.get(run);
    const shown: StateRun = { ...run, path: pathBefore + run.path, ...(items && { items: items.counts() }) };
    if (run.mapRun === undefined || isAllSucceeded(run)) return [shown];
    return [shown, ...statesOfItems(source, run, run.mapRun, items, shown.path)];
  });
}

const isAllSucceeded = ({ items }: StateRun): boolean => items !== undefined && items.succeeded === items.total;

/** Only of items that run or did not succeed: a map may have thousands, and the others have nothing to tell. */
function statesOfItems(
  source: Source,
  run: StateRun,
  mapRun: string,
  items: LiveItems | undefined,
  path: string,
): StateRun[] {
  const journalId = `${source.journalId}#${mapRun}`;
  const records = items?.records() ?? recordsOf(source, run, journalId);
  return records.flatMap(([index, record]) =>
    statesOf({ record, journalId: `${journalId}.${index}`, journals: source.journals }, `${path}[${index}]/`),
  );
}

function recordsOf(source: Source, run: StateRun, journalId: string): (readonly [number, ExecutionRecord])[] {
  const state = source.record.machine.everyState.get(run.state);
  if (state?.type !== 'Map') return [];
  const { unfinished } = readItemRecords(source.journals, journalId, (started) =>
    recordOf(executionArn(state.processor.name, started.name), state.processor, started),
  );
  return [...unfinished].slice(0, RECORDS_SHOWN_MAX);
}
