import { isSinglePartEtag, type ObjectFacts } from './objects.ts';

export type CopyDecision =
  | { action: 'copy'; because: 'absent-at-destination' }
  | { action: 'skip'; because: 'identical' }
  | { action: 'compare'; because: 'etags-prove-nothing' }
  | { action: 'block'; because: 'different-object-at-destination' };

/**
 * Must this object be copied? Nothing at the destination is ever overwritten.
 *
 *   destination   size      ETags                        decision
 *   absent        –         –                            copy: absent-at-destination
 *   present       differs   –                            block: different-object-at-destination
 *   present       equal     equal, both single part      skip: identical
 *   present       equal     differ, both single part     block: different-object-at-destination (unless encrypted with KMS: see below)
 *   present       equal     one is composite             compare: etags-prove-nothing
 *
 * Two single-part ETags that differ prove a difference only where both are MD5s; with KMS they are not, so that case
 * is `compare` as well when either side may be encrypted with KMS.
 */
export function decideCopy(
  source: ObjectFacts,
  destination: ObjectFacts | undefined,
  mayUseKms: boolean,
): CopyDecision {
  if (!destination) return { action: 'copy', because: 'absent-at-destination' };
  if (source.sizeBytes !== destination.sizeBytes)
    return { action: 'block', because: 'different-object-at-destination' };
  if (!isSinglePartEtag(source.etag) || !isSinglePartEtag(destination.etag))
    return { action: 'compare', because: 'etags-prove-nothing' };
  if (source.etag === destination.etag) return { action: 'skip', because: 'identical' };
  if (mayUseKms) return { action: 'compare', because: 'etags-prove-nothing' };
  return { action: 'block', because: 'different-object-at-destination' };
}
