import Tiles from '@cloudscape-design/components/tiles';
import Container from '@cloudscape-design/components/container';
import type { JobForm } from '../../forms/job-form.ts';
import type { WizardView } from './use-wizard.ts';

const lines = (...sentences: string[]) => (
  <ul className="plain-list">
    {sentences.map((sentence) => (
      <li key={sentence}>{sentence}</li>
    ))}
  </ul>
);

const WHAT = [
  {
    value: 'copy',
    label: 'Copy a bucket',
    description: lines(
      'The destination bucket is created, or an existing one is used.',
      'Every object goes over with its metadata and tags, and is verified on both sides.',
      'The source is only read. Nothing is ever deleted or overwritten.',
    ),
  },
  {
    value: 'migrate',
    label: 'Migrate a bucket',
    description: lines(
      'The bucket moves together with its name, through a temporary bucket.',
      'The source is deleted only after every object is proven, and only when you say so.',
      'Never is an object left in no bucket of yours, and nothing is deleted that is not proven.',
    ),
  },
];

export function WhatStep({ state, change }: WizardView) {
  return (
    <Container>
      <Tiles
        ariaLabel="What the job does"
        items={WHAT}
        value={state.form.kind}
        onChange={({ detail }) => change({ kind: detail.value as JobForm['kind'] })}
      />
    </Container>
  );
}
