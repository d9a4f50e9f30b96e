import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { JobView, ProofView } from '../../../domain/views.ts';
import { ExactText } from '../../parts/exact-text.tsx';
import { destroyedFacts, lossTexts, meanwhileTexts, provenFacts, turnsOf, type Fact } from '../../words/decision.ts';
import { gradeRows } from '../../words/evidence.ts';
import { formatCount } from '../../words/numbers.ts';
import { formatWhen } from '../../words/times.ts';

const pairs = (facts: readonly Fact[]) =>
  facts.map(({ label, value }) => ({ label, value: <span className="wrap-anywhere">{value}</span> }));

export function Proven({ proof }: Readonly<{ proof: ProofView }>) {
  return (
    <Container
      fitHeight
      header={
        <Header variant="h2" description={`Sealed on ${formatWhen(proof.sealedAtMs)}, from two listings that agree.`}>
          What is proven
        </Header>
      }
    >
      <SpaceBetween size="m">
        <KeyValuePairs columns={2} minColumnWidth={110} items={pairs(provenFacts(proof))} />
        <ul className="fact-list" aria-label="Evidence by grade">
          {gradeRows(proof.grades).map(({ grade, title, meaning, count }) => (
            <li key={grade}>
              <Box fontWeight="bold">
                {formatCount(count)} by {title}
              </Box>
              <Box color="text-body-secondary">{meaning}</Box>
            </li>
          ))}
        </ul>
        <div>
          <Box variant="awsui-key-label">Digest of the proof</Box>
          <ExactText text={proof.digest} what="the digest of the proof" />
        </div>
      </SpaceBetween>
    </Container>
  );
}

export function Destroyed({ proof }: Readonly<{ proof: ProofView }>) {
  const losses = lossTexts(proof);
  return (
    <Container
      fitHeight
      header={
        <Header variant="h2" description="Exactly what the proof lists, and then the bucket itself.">
          What will be destroyed
        </Header>
      }
    >
      <SpaceBetween size="m">
        <KeyValuePairs columns={2} minColumnWidth={110} items={pairs(destroyedFacts(proof))} />
        {losses.length > 0 && (
          <Alert type="warning" header="Lost for good">
            {losses.join(' ')}
          </Alert>
        )}
        <Box color="text-body-secondary">
          {losses.length > 0
            ? 'Everything else comes back. Dates and version ids do not: S3 gives new ones.'
            : 'Every object comes back. Dates and version ids do not: S3 gives new ones.'}
        </Box>
      </SpaceBetween>
    </Container>
  );
}

export function Meanwhile({ job }: Readonly<{ job: JobView }>) {
  return (
    <Container header={<Header variant="h2">What stops working meanwhile</Header>}>
      <ul className="fact-list wrap-anywhere">
        {meanwhileTexts(job).map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </Container>
  );
}

export function Turns({ job }: Readonly<{ job: JobView }>) {
  return (
    <Container header={<Header variant="h2">What cannot be undone, and from when</Header>}>
      <ol className="step-list wrap-anywhere">
        {turnsOf(job).map(({ when, then }) => (
          <li key={when}>
            <Box fontWeight="bold">{when}</Box>
            {then}
          </li>
        ))}
      </ol>
    </Container>
  );
}
