import Wizard from '@cloudscape-design/components/wizard';
import { useLocation, useNavigate } from 'react-router';
import { readForm } from '../../forms/job-form.ts';
import { startButtonText } from '../../forms/start-button.ts';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import { useFirstWrongField } from '../../hooks/use-first-wrong-field.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { DestinationStep } from './destination-step.tsx';
import { ReviewStep } from './review-step.tsx';
import { SourceStep } from './source-step.tsx';
import { useWizard } from './use-wizard.ts';
import { WhatStep } from './what-step.tsx';

export default function NewJob() {
  const navigate = useNavigate();
  const location = useLocation();
  const wizard = useWizard(readForm(location.state));
  // The wizard's own step title is the page's heading.
  const page = usePageTitle<HTMLDivElement>('New job');
  const area = useFirstWrongField(wizard.state.heldBackCount);
  const { state } = wizard;
  return (
    <div ref={page}>
      <div ref={area}>
        {/* Above every step: a refused field may be in another one. The focus goes to the field where there is one. */}
        {wizard.startError && (
          <ProblemAlert error={wizard.startError} takesFocus={Object.keys(state.refused).length === 0} />
        )}
        <Wizard
          activeStepIndex={state.step}
          onNavigate={({ detail }) => wizard.goTo(detail.requestedStepIndex)}
          onCancel={() => void navigate('/')}
          onSubmit={wizard.start}
          isLoadingNextStep={wizard.isStarting}
          submitButtonText={startButtonText(state.form.kind, wizard.preflight.data)}
          steps={[
            { title: 'What', description: 'What the job does.', content: <WhatStep {...wizard} /> },
            { title: 'Source', description: 'Where the objects are.', content: <SourceStep {...wizard} /> },
            { title: 'Destination', description: 'Where they go.', content: <DestinationStep {...wizard} /> },
            { title: 'Review', description: 'What will happen.', content: <ReviewStep {...wizard} /> },
          ]}
        />
      </div>
    </div>
  );
}
