import type { StopEffect } from '../../domain/migration.ts';
import type { JobView } from '../../domain/views.ts';
import { jobName } from './job.ts';
import { byConnection } from './migration.ts';

/** What "stop" would do now, said before it is done. */
export type StopWords = Readonly<{
  /** The button that asks. */
  action: string;
  question: string;
  /** The button that does it. */
  confirm: string;
  keep: string;
  what: readonly string[];
  /** Why the button is off, where it is. */
  whyNot: string;
}>;

export function stopWords(job: JobView): StopWords {
  return job.migration ? ofMigration(job, job.migration.stopEffect) : ofCopy(job);
}

const ofCopy = (job: JobView): StopWords => ({
  action: 'Stop',
  question: `Stop ${jobName(job)}?`,
  confirm: 'Stop the job',
  keep: 'Keep it running',
  what: [
    'Requests that are running are ended, and the access that was given to the destination bucket is taken back. Objects that are copied stay where they are. The source is not touched.',
    'Redrive goes on later where the job stopped, without copying again what is done.',
  ],
  whyNot: job.status === 'stopping' ? 'It is stopping already.' : 'Only a running job can be stopped.',
});

function ofMigration(job: JobView, effect: StopEffect): StopWords {
  const name = `"${job.source.bucket}"`;
  const temporary = job.migration?.temporaryBucket ? ` "${job.migration.temporaryBucket.bucket}"` : '';
  const whyNot = whyNotStopped(job);
  // What failed can be taken back too, and there is nothing of it to stop.
  const isRunning = job.status === 'running';
  switch (effect) {
    case 'leave-as-it-was':
      return {
        action: isRunning ? 'Stop' : 'Leave it as it was',
        question: `${isRunning ? 'Stop, and leave' : 'Leave'} ${name} as it was?`,
        confirm: isRunning ? 'Stop and leave everything as it was' : 'Leave everything as it was',
        keep: isRunning ? 'Keep it running' : 'Not now',
        what: [
          `Nothing is deleted yet: every object is in ${name}.`,
          `The source can be written to again, its lifecycle rules go on, and what this job made is taken away, with the copies in the temporary bucket${temporary}.`,
          'To migrate later, start again with the same settings.',
        ],
        whyNot,
      };
    case 'bring-back-in':
      return {
        action: 'Bring it back',
        question: `Bring everything back into ${name}?`,
        confirm: 'Bring everything back',
        keep: isRunning ? 'Go on migrating' : 'Not now',
        what: [
          `Deleting has begun. It ends, and what was deleted is copied back from the temporary bucket${temporary} into ${name}, which still exists.`,
          'Objects that were deleted get new dates and version ids. Then the source can be written to again.',
        ],
        whyNot,
      };
    case 'bring-back-anew':
      return {
        action: 'Bring it back',
        question: `Make ${name} again where it was?`,
        confirm: `Make it again with "${job.source.connection}"`,
        keep: isRunning ? 'Go on migrating' : 'Not now',
        what: [
          `${name} is deleted, so it cannot be left as it was. As soon as its name is free the bucket is made again with ${byConnection(job.source.connection)} instead of ${byConnection(job.destination.connection)}, and everything is copied back from the temporary bucket${temporary}.`,
          'It takes as long as the name takes. Objects get new dates and version ids.',
        ],
        whyNot,
      };
    case 'nothing':
      return {
        action: 'Stop',
        question: 'This cannot be stopped now',
        confirm: '',
        keep: 'Close',
        what: [whyNot],
        whyNot,
      };
  }
}

function whyNotStopped({ status, phase, migration }: JobView): string {
  if (status === 'stopping') return 'It is stopping already.';
  if (phase === 'undone') return 'It was brought back: the source is as it was.';
  if (migration?.undo) return 'It is being brought back.';
  switch (migration?.stage) {
    case 'returned':
      return 'Everything is verified under its name. Only the temporary bucket is left, and it goes when its time is over.';
    case 'clearing':
      return 'Everything is verified under its name, and the temporary bucket is being deleted.';
    case 'finished':
      return 'It has finished.';
    default:
      return 'The bucket is made already: going on is the only way to one whole bucket. A step that fails can be redriven.';
  }
}
