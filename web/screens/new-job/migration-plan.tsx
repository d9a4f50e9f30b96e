import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { JobForm } from '../../forms/job-form.ts';
import { whatDoesNotSurvive, whatHappens } from '../../forms/migration-plan.ts';

/** What will happen, in order, and what is lost on the way. */
export function MigrationPlan({ form }: Readonly<{ form: JobForm }>) {
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">What will happen, in order</Header>}>
        <SpaceBetween size="m">
          <ol className="step-list wrap-anywhere">
            {whatHappens(form).map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          <Alert type="info" header="Nothing is deleted without you">
            This start copies and proves. Before the first deletion the job waits for you on a page of its own, for as
            long as you like.
          </Alert>
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">What does not survive</Header>}>
        <ul className="fact-list wrap-anywhere">
          {whatDoesNotSurvive(form).map(({ title, text }) => (
            <li key={title}>
              <Box fontWeight="bold">{title}</Box>
              <Box color="text-body-secondary">{text}</Box>
            </li>
          ))}
        </ul>
      </Container>
    </SpaceBetween>
  );
}
