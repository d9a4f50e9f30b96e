import Alert from '@cloudscape-design/components/alert';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { JobView, ProofView } from '../../../domain/views.ts';
import { useConsent } from '../../hooks/use-jobs.ts';
import { ConfigurationTable } from '../../parts/configuration-table.tsx';
import { PageHeading } from '../../parts/page-heading.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { consentStandText } from '../../words/decision.ts';
import { ConsentForm } from './consent-form.tsx';
import { Destroyed, Meanwhile, Proven, Turns } from './consent-parts.tsx';
import { NothingToDecide } from './nothing-to-decide.tsx';

export function ConsentDecision({ job }: Readonly<{ job: JobView }>) {
  const navigate = useNavigate();
  const consent = useConsent(job.id);
  const proof = job.migration?.question?.question === 'consent' ? job.migration.proof : undefined;
  const back = () => void navigate(`/jobs/${encodeURIComponent(job.id)}`);
  return (
    <SpaceBetween size="l">
      <PageHeading
        title={proof ? `May "${job.source.bucket}" be deleted?` : `Your decision about "${job.source.bucket}"`}
        description={`Migration from ${job.source.connection} to ${job.destination.connection} · ${job.id}`}
      />
      {consent.error && <ProblemAlert error={consent.error} takesFocus />}
      {proof ? (
        <SpaceBetween size="l">
          <NewProof digest={proof.digest} />
          <WhatToKnow job={job} proof={proof} />
          {/* What was typed was meant for the proof that stood here: with another one it is typed again. */}
          <ConsentForm
            key={proof.digest}
            proof={proof}
            isSending={consent.isPending}
            onConsent={(typed) => consent.mutate(typed, { onSuccess: back })}
            onNotNow={back}
          />
        </SpaceBetween>
      ) : (
        <NothingToDecide job={job} />
      )}
    </SpaceBetween>
  );
}

function WhatToKnow({ job, proof }: Readonly<{ job: JobView; proof: ProofView }>) {
  const stage = job.migration?.stage;
  const { header, text } = consentStandText(job);
  return (
    <SpaceBetween size="l">
      <Alert type={stage === 'emptying' ? 'warning' : 'info'} header={header}>
        <span className="wrap-anywhere">{text}</span>
      </Alert>
      <div className="beside">
        <Proven proof={proof} />
        <Destroyed proof={proof} />
      </div>
      <ConfigurationTable job={job} />
      <Meanwhile job={job} />
      <Turns job={job} />
    </SpaceBetween>
  );
}

/** Both sides may be proven anew while somebody reads. */
function NewProof({ digest }: Readonly<{ digest: string }>) {
  const [first] = useState(digest);
  if (first === digest) return null;
  return (
    <Alert type="warning" header="This is a new proof">
      Both sides were proven anew since you opened this page. The numbers below are those of the new proof; look at them
      again before you type.
    </Alert>
  );
}
