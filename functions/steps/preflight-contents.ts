import { ok, warning } from './preflight-check.ts';
import { valueOf } from './preflight-look.ts';
import type { Check } from './preflight.ts';

const objects: Check = ({ source }) => {
  const counted = valueOf(source.counted);
  if (!counted) return undefined;
  const [id, title] = ['source-objects', 'Objects to copy'];
  const many = `${counted.objectCount.toLocaleString('en-US')} objects with ${counted.sizeBytes.toLocaleString('en-US')} bytes`;
  if (counted.isComplete && counted.objectCount === 0)
    return warning(
      id,
      title,
      'The source holds no objects here.',
      'Check the bucket and the prefix, if you expect some.',
    );
  return ok(id, title, counted.isComplete ? `${many}.` : `${many} so far; the job counts the rest.`);
};

/** Archived objects do not stop the others: each is reported, and copied by a redrive once it is restored. */
const archived: Check = ({ request, source }) => {
  if (request.kind === 'migrate') return undefined;
  const counted = valueOf(source.counted);
  if (!counted || counted.archivedCount === 0) return undefined;
  const soFar = counted.isComplete ? '' : ' so far';
  return warning(
    'source-archived',
    'Archived objects',
    `${counted.archivedCount.toLocaleString('en-US')} objects${soFar} are archived. They cannot be read until they are restored, and will be reported as blocked.`,
    'Restore them first, or redrive the job once they are restored.',
  );
};

export const CONTENT_CHECKS: readonly Check[] = [objects, archived];
