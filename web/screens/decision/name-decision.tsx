import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { JobView } from '../../../domain/views.ts';
import {
  decisionButtonText,
  nameProblem,
  openNameDecision,
  toDecision,
  type NameDecisionForm,
} from '../../forms/name-decision-form.ts';
import { useFirstWrongField } from '../../hooks/use-first-wrong-field.ts';
import { useNameDecision } from '../../hooks/use-jobs.ts';
import { NameWaitFacts } from '../../parts/name-wait-facts.tsx';
import { PageHeading } from '../../parts/page-heading.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { NAME_CHOICES, nameChoiceTexts } from '../../words/decision.ts';
import { safetyText } from '../../words/migration.ts';
import { NewNameField } from './new-name-field.tsx';

/** The name does not come free, or somebody does not want to wait: four ways on, each with what it means. */
export function NameDecision({ job }: Readonly<{ job: JobView }>) {
  const isAsked = job.migration?.question?.question === 'name';
  const title = isAsked ? `The name "${job.source.bucket}" does not come free` : `Waiting for "${job.source.bucket}"`;
  return (
    <SpaceBetween size="l">
      <PageHeading
        title={title}
        description={`Migration from ${job.source.connection} to ${job.destination.connection} · ${job.id}`}
      />
      <Alert type="success" header="Your data is safe">
        <span className="wrap-anywhere">
          {safetyText(job)} The policy of the temporary bucket refuses every deletion, and it stays for as long as you
          need to decide.
        </span>
      </Alert>
      <Container header={<Header variant="h2">What AWS said</Header>}>
        <NameWaitFacts job={job} />
      </Container>
      <ChoiceForm job={job} />
    </SpaceBetween>
  );
}

function ChoiceForm({ job }: Readonly<{ job: JobView }>) {
  const navigate = useNavigate();
  const decide = useNameDecision(job.id);
  const [form, setForm] = useState<NameDecisionForm>(() => openNameDecision(job));
  const [insistedCount, setInsistedCount] = useState(0);
  const area = useFirstWrongField(insistedCount);
  const texts = nameChoiceTexts(job);
  const problem = nameProblem(form, job);
  const back = () => void navigate(`/jobs/${encodeURIComponent(job.id)}`);
  const change = (changes: Partial<NameDecisionForm>) => {
    setInsistedCount(0);
    decide.reset();
    setForm({ ...form, ...changes });
  };
  const goOn = () => {
    if (problem !== undefined) return setInsistedCount(insistedCount + 1);
    if (!decide.isPending) decide.mutate(toDecision(form), { onSuccess: back });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        goOn();
      }}
    >
      <Container header={<Header variant="h2">Your decision</Header>}>
        <div ref={area}>
          <SpaceBetween size="l">
            {decide.error && <ProblemAlert error={decide.error} takesFocus />}
            <div className="wrap-anywhere">
              <RadioGroup
                ariaLabel="What to do about the name"
                value={form.choice}
                items={NAME_CHOICES.map((choice) => ({
                  value: choice,
                  label: texts[choice].label,
                  description: texts[choice].consequence,
                }))}
                onChange={({ detail }) => change({ choice: detail.value as NameDecisionForm['choice'] })}
              />
            </div>
            <NewNameField form={form} problem={problem} isInsisted={insistedCount > 0} onChange={change} />
            <SpaceBetween direction="horizontal" size="xs">
              <Button formAction="none" onClick={back}>
                Not now
              </Button>
              <Button variant="primary" formAction="submit" loading={decide.isPending} loadingText="Sending" wrapText>
                {decisionButtonText(form, job)}
              </Button>
            </SpaceBetween>
          </SpaceBetween>
        </div>
      </Container>
    </form>
  );
}
