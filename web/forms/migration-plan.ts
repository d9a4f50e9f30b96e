import { byConnection } from '../words/migration.ts';
import type { JobForm } from './job-form.ts';
import { DEFAULT_OPTIONS } from './option-fields.ts';

/** What a migration will do, told before it begins. */

export const carriesSettings = (form: Pick<JobForm, 'configuration'>): boolean => form.configuration !== 'leave';

const quarantineDays = ({ quarantineDays: typed }: Pick<JobForm, 'quarantineDays'>): string =>
  typed.trim() || String(DEFAULT_OPTIONS.quarantineDays);

/** In order, one sentence or two for each. The fourth is where it asks; from the fifth on things are deleted. */
export function whatHappens(form: JobForm): string[] {
  const name = `"${form.sourceBucket}"`;
  const there = byConnection(form.destinationConnection);
  const days = quarantineDays(form);
  return [
    `${name} is frozen: a statement in its policy refuses every write and delete, and its lifecycle rules pause. Reading goes on.`,
    `A temporary bucket with a random name is made with ${there}. Its policy refuses every deletion.`,
    `${form.versions === 'all' ? 'Every version of every object' : 'Every current object'} is copied there and verified.${form.versions === 'all' ? ' Delete markers stand in the proof, and are made again at the end.' : ''} Then both sides are listed afresh, compared once more, and the proof is sealed.`,
    'The job asks you. You see what is proven and what will be destroyed, and type the bucket’s name. Until then nothing is deleted, and stopping leaves everything as it was.',
    `Exactly what the proof lists is deleted from ${name}, and then the bucket itself.`,
    'The name is waited for: AWS mostly gives it back within minutes to hours, at the longest in about 72 hours. Meanwhile there is no bucket of this name, and another account could take it.',
    `${name} is made again with ${there}${form.destinationRegion ? ` in ${form.destinationRegion}` : ''}, and everything is copied back and verified.`,
    carriesSettings(form)
      ? 'The settings of the bucket are put in place; notifications, replication and lifecycle rules last, so that copying back sets nothing off.'
      : 'The settings of the bucket are left behind, as you chose.',
    Number(days) === 0
      ? 'The temporary bucket is emptied and deleted at once.'
      : `The temporary bucket is kept for ${days} ${days === '1' ? 'day' : 'days'} as a second whole copy, then emptied and deleted.`,
  ];
}

export type Loss = Readonly<{ title: string; text: string }>;

export function whatDoesNotSurvive(form: JobForm): Loss[] {
  return [
    {
      title: 'Dates of last change',
      text: 'S3 gives every copy a new one. Lifecycle rules that count days begin to count anew. The proof keeps the old dates.',
    },
    form.versions === 'all'
      ? { title: 'Version ids', text: 'Every version goes over in its order, and S3 gives it a new id.' }
      : {
          title: 'Older versions and delete markers',
          text: 'They are destroyed with the source and kept nowhere. The job counts them, and you have to type that number before anything is deleted.',
        },
    {
      title: 'Access control lists',
      text: 'The copies belong to the destination account. What an ACL allowed to others is not carried; the bucket’s policy is looked at as a setting.',
    },
    {
      title: 'ETags of large objects',
      text: 'An object that is copied in parts may get another ETag. Its bytes, headers and tags are the same.',
    },
    {
      title: 'What points to the bucket from outside',
      text: 'Access points, replication into it, CDN origins and roles that name the old account or Region have to be changed by you. Clients that remember the old Region must forget it.',
    },
    {
      title: 'Settings that cannot be carried',
      text: 'Each is listed with its reason before you are asked.',
    },
  ];
}
