import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { JobView } from '../../../../domain/views.ts';
import { useNow } from '../../../hooks/use-now.ts';
import { isActive } from '../../../words/job.ts';
import { limitText, type Look } from '../../../words/limits.ts';
import { formatByteRate, formatCount, formatObjectRate } from '../../../words/numbers.ts';
import { phaseBars } from '../../../words/phases.ts';
import { PhaseCell } from './phase-cell.tsx';

type Props = Readonly<{ job: JobView; looks: readonly Look[] }>;

export function ProgressTab({ job, looks }: Props) {
  const nowMs = useNow(isActive(job));
  const limit = limitText(job, looks);
  return (
    <SpaceBetween size="m">
      <Container header={<Header variant="h2">Phases</Header>}>
        <div className="phase-row">
          {phaseBars(job, nowMs).map((bar) => (
            <PhaseCell key={bar.phase} bar={bar} />
          ))}
        </div>
      </Container>
      <Container header={<Header variant="h2">Speed</Header>}>
        <SpaceBetween size="m">
          {limit !== '' && <Box>{limit}</Box>}
          <KeyValuePairs
            columns={4}
            minColumnWidth={110}
            items={[
              { label: 'Objects per second', value: isActive(job) ? formatObjectRate(job.objectsPerSecond) : '–' },
              { label: 'Bytes per second', value: isActive(job) ? formatByteRate(job.bytesPerSecond) : '–' },
              { label: 'Requests in flight', value: isActive(job) ? formatCount(job.inFlight) : '–' },
              { label: 'Times asked to slow down', value: formatCount(job.throttledCount) },
            ]}
          />
          {/* The place for charts of objects/s, bytes/s, throttles and failures over time; `job.samples` holds the points. */}
        </SpaceBetween>
      </Container>
    </SpaceBetween>
  );
}
