import Box from '@cloudscape-design/components/box';
import { useEffect, useRef } from 'react';
import { displayKey } from '../../../../domain/keys.ts';
import type { ShownLine } from '../../../words/log-lines.ts';
import { formatClock } from '../../../words/times.ts';

type Props = Readonly<{ lines: readonly ShownLine[]; isFollowing: boolean }>;

/** More lines than this make a page slow and nobody reads them; the newest are kept. */
const LINES_MAX = 1000;

export function LogLines({ lines, isFollowing }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const shown = lines.slice(-LINES_MAX);
  const newest = shown.at(-1)?.id;
  useEffect(() => {
    if (isFollowing && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [isFollowing, newest]);
  if (shown.length === 0) return <Box textAlign="center">No lines.</Box>;
  return (
    <div ref={box} className="log-lines" tabIndex={0} role="region" aria-label="Log lines">
      <ol>
        {shown.map(({ id, atMs, task, level, text }) => (
          <li key={id}>
            {formatClock(atMs)} <span className="log-task">{task}</span>{' '}
            {level === 'info' ? '' : <b>{level.toUpperCase()} </b>}
            {displayKey(text)}
          </li>
        ))}
      </ol>
    </div>
  );
}
