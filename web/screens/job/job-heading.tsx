import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { JobView } from '../../../domain/views.ts';
import type { WizardArrival } from '../../forms/job-form.ts';
import { PageHeading } from '../../parts/page-heading.tsx';
import { StopDialog } from '../../parts/stop-dialog.tsx';
import { canRedrive, canStop, isActive, jobName, KIND_WORDS } from '../../words/job.ts';
import { stopWords } from '../../words/stopping.ts';
import { RedriveButton } from './redrive-button.tsx';

export function JobHeading({ job }: Readonly<{ job: JobView }>) {
  const navigate = useNavigate();
  const words = stopWords(job);
  const [isAsked, setAsked] = useState(false);
  const again = () => void navigate('/new', { state: { request: job.request } satisfies WizardArrival });
  return (
    <>
      <PageHeading
        title={jobName(job)}
        description={`${KIND_WORDS[job.kind]} from ${job.source.connection} to ${job.destination.connection} · ${job.id}`}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            {!isActive(job) && <Button onClick={again}>Start again with the same settings</Button>}
            {(isActive(job) || canStop(job)) && (
              <Button disabled={!canStop(job)} disabledReason={words.whyNot} onClick={() => setAsked(true)}>
                {words.action}
              </Button>
            )}
            {canRedrive(job) && <RedriveButton job={job} text="Redrive" variant="primary" />}
          </SpaceBetween>
        }
      />
      {isAsked && <StopDialog job={job} onDone={() => setAsked(false)} />}
    </>
  );
}
