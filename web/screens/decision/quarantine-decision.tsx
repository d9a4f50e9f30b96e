import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { JobView } from '../../../domain/views.ts';
import { checkTypedName } from '../../forms/typed-name.ts';
import { useFirstWrongField } from '../../hooks/use-first-wrong-field.ts';
import { useShorterQuarantine } from '../../hooks/use-jobs.ts';
import { PageHeading } from '../../parts/page-heading.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { TypedField } from '../../parts/typed-field.tsx';
import { safetyText } from '../../words/migration.ts';
import { formatWhen } from '../../words/times.ts';

/** Nobody has to: at the end of the quarantine the temporary bucket goes by itself. */
export function QuarantineDecision({ job }: Readonly<{ job: JobView }>) {
  const navigate = useNavigate();
  const shorten = useShorterQuarantine(job.id);
  const [typed, setTyped] = useState('');
  const [insistedCount, setInsistedCount] = useState(0);
  const area = useFirstWrongField(insistedCount);
  const bucket = job.migration?.temporaryBucket?.bucket ?? '';
  const endsAtMs = job.migration?.quarantine?.endsAtMs;
  const check = checkTypedName(typed, bucket);
  const back = () => void navigate(`/jobs/${encodeURIComponent(job.id)}`);
  const goOn = () => {
    if (check.is !== 'exact') return setInsistedCount(insistedCount + 1);
    if (!shorten.isPending) shorten.mutate({ bucket: typed }, { onSuccess: back });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        goOn();
      }}
    >
      <SpaceBetween size="l">
        <PageHeading title="Delete the temporary bucket earlier?" description={`Migration ${job.id}`} />
        {shorten.error && <ProblemAlert error={shorten.error} takesFocus />}
        <Container header={<Header variant="h2">What this means</Header>}>
          <div ref={area}>
            <SpaceBetween size="l">
              <div className="wrap-anywhere">
                {safetyText(job)} The temporary bucket is a second whole copy, kept
                {endsAtMs === undefined ? '' : ` until ${formatWhen(endsAtMs)}`}. It is deleted then without anybody’s
                doing. Deleted earlier, it cannot be brought back.
              </div>
              <TypedField
                label={
                  <>
                    Type the name of the temporary bucket: <span className="exact-name">{bucket}</span>
                  </>
                }
                value={typed}
                check={check}
                insistedCount={insistedCount}
                onChange={setTyped}
              />
              <SpaceBetween direction="horizontal" size="xs">
                <Button formAction="none" onClick={back}>
                  Keep it
                </Button>
                <Button
                  variant="primary"
                  formAction="submit"
                  disabled={check.is !== 'exact'}
                  disabledReason="The name is not typed exactly yet."
                  loading={shorten.isPending}
                  loadingText="Sending"
                  wrapText
                >
                  Delete {bucket} now
                </Button>
              </SpaceBetween>
            </SpaceBetween>
          </div>
        </Container>
      </SpaceBetween>
    </form>
  );
}
