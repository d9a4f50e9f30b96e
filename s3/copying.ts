import { CopyObjectCommand, type CopyObjectCommandInput } from '@aws-sdk/client-s3';
import {
  ObjectArchivedError,
  ObjectChangedError,
  ObjectMissingError,
  ObjectNotReproducibleError,
  StorageUnavailableError,
} from '../domain/errors.ts';
import { COPY_CHECKSUM } from '../domain/job-documents.ts';
import { displayKey } from '../domain/keys.ts';
import type { CopyReceipt, CopyRequest } from '../domain/ports.ts';
import { choosePath, isExactInHeader, type CopyPath } from './copy-path.ts';
import { copySourceOf } from './copy-source.ts';
import {
  anotherObject,
  attemptsOf,
  conditionOf,
  CopyForms,
  destinationOwner,
  lookAtDestination,
  lookBeforeUnguarded,
  sourceOf,
  type CopyForm,
  type Copying,
} from './destination.ts';
import { withoutQuotes } from './listing-page.ts';
import type { Place } from './place.ts';
import { headObject } from './reading.ts';
import { PartsCopier } from './part-copying.ts';

/**
 * Copies objects inside one provider: S3 moves the bytes. Leaves at the destination the object or nothing; an upload
 * that could not be aborted stays in the register. Encryption is that of the destination bucket: keys of the source are
 * not carried, because they may belong to its account alone. Object Lock settings are not carried either.
 */
export class Copier {
  private readonly forms = new CopyForms();
  private readonly parts: PartsCopier;

  constructor(private readonly place: Place) {
    this.parts = new PartsCopier(place, this.forms);
  }

  /** See ObjectCopier.copyObject. */
  async copyObject(request: CopyRequest, signal: AbortSignal): Promise<CopyReceipt> {
    if (request.destination.key === '') throw emptyKey(request);
    const source = await headObject(this.place, { ...sourceOf(request), signal });
    const copying: Copying = { request, source, signal };
    const { path } = this.pathOf(copying);

    // Where conditions are ignored, a look before is the only thing between us and somebody's object.
    if (!this.place.traits.honoursCopyConditions) {
      const etag = await lookBeforeUnguarded(this.place, copying);
      if (etag !== undefined) return this.recognise(copying, etag, path);
    }
    try {
      return path === 'multipart' ? await this.parts.copy(copying) : await this.copyWhole(copying);
    } catch (error) {
      // What was to be replaced is gone: answered 404, like a source that is gone (S3 API reference, CopyObject).
      const isConflict = error instanceof ObjectChangedError || (request.onto && error instanceof ObjectMissingError);
      if (!isConflict) throw error;
      return await this.settleConflict(copying, path, error);
    }
  }

  /** What stands there is this object already. */
  private async recognise(copying: Copying, etag: string, path: CopyReceipt['path']): Promise<CopyReceipt> {
    if (path === 'multipart') await this.parts.finishTags(copying);
    return { etag, path };
  }

  private pathOf({ request, source }: Copying): Exclude<CopyPath, { path: 'none' }> {
    const { bucket, facts } = request.source;
    const name = `${bucket}/${displayKey(facts.key)}`;
    const subject = { bucket, key: facts.key, connection: this.place.connection.name };
    if (source.isArchived) {
      const remedy = 'Restore the object, then retry the job.';
      throw new ObjectArchivedError(`${name} is archived (${source.storageClass})`, { subject, remedy });
    }
    const path = choosePath(facts.key, source, request.multipartThresholdBytes, this.place.traits);
    const because = path.path === 'none' ? path.because : reasonNotToCopy(source);
    if (path.path !== 'none' && because === undefined) return path;
    throw new ObjectNotReproducibleError(`${name} cannot be copied: ${because}`, {
      subject,
      remedy: 'Copy this object by hand, or take it out of the job.',
    });
  }

  private async copyWhole(copying: Copying): Promise<CopyReceipt> {
    const { bucket } = copying.request.destination;
    const look = () => this.findCopy(copying);
    const etag = await this.forms.run(
      bucket,
      (form) => this.sendCopy(copying, form, look),
      () => lookBeforeUnguarded(this.place, copying),
    );
    if (!this.place.traits.honoursCopyConditions && etag !== copying.source.etag) await this.confirmSource(copying);
    return { etag, path: 'single' };
  }

  private async findCopy(copying: Copying): Promise<string | undefined> {
    const standing = await lookAtDestination(this.place, copying);
    return standing.at === 'same' ? standing.etag : undefined;
  }

  private sendCopy(
    copying: Copying,
    form: CopyForm,
    lookBeforeRepeating: () => Promise<string | undefined>,
  ): Promise<string> {
    const { source, destination } = copying.request;
    const words = { operation: 'CopyObject', ...destination, source: { bucket: source.bucket, key: source.facts.key } };
    return this.place.requests.run(
      words,
      async (client, options) => {
        const answer = await client.send(new CopyObjectCommand(copyInput(this.place, copying, form)), options);
        const etag = withoutQuotes(answer.CopyObjectResult?.ETag ?? '');
        if (etag === '') throw new StorageUnavailableError('CopyObject answered without an ETag');
        return etag;
      },
      { signal: copying.signal, lookBeforeRepeating, ...attemptsOf(copying) },
    );
  }

  /** Rejects when the source is no longer what was listed: then the copy may be of the newer object. */
  private async confirmSource({ request, signal }: Copying): Promise<void> {
    await headObject(this.place, { ...sourceOf(request), signal });
  }

  /**
   * A condition failed and S3 does not say which. What stands at the destination is already this object (an attempt
   * whose answer was lost, or a run that was killed), or another one, or the source was changed.
   */
  private async settleConflict(
    copying: Copying,
    path: CopyReceipt['path'],
    conflict: ObjectChangedError | ObjectMissingError,
  ): Promise<CopyReceipt> {
    const standing = await lookAtDestination(this.place, copying);
    if (standing.at === 'same') return this.recognise(copying, standing.etag, path);
    await this.confirmSource(copying);
    if (standing.at === 'hidden') throw anotherObject(copying, 'something is there that this session may not look at');
    throw new StorageUnavailableError(
      `${conflict.message}; yet the source is as listed and the destination as expected`,
      {
        subject: conflict.subject,
        remedy: 'Nothing to do: the copy is tried again.',
        cause: conflict,
      },
    );
  }
}

/** The request would go to the bucket itself, where PUT means CreateBucket. */
const emptyKey = ({ source: { bucket, facts }, destination }: CopyRequest): ObjectNotReproducibleError =>
  new ObjectNotReproducibleError(
    `${bucket}/${displayKey(facts.key)} is named like the prefix of the source and would have no name at the destination`,
    {
      subject: { bucket: destination.bucket },
      remedy: 'Give the destination a prefix too, or remove this object from the source if it only marks a folder.',
    },
  );

function reasonNotToCopy(source: Copying['source']): string | undefined {
  if (source.encryption.kind === 'sse-c') return 'it is encrypted with a key that only its owner holds';
  const redirect = source.websiteRedirectLocation;
  // The redirect is not carried by the directive and has to be sent again, on either path.
  return redirect === undefined || isExactInHeader(redirect) ? undefined : 'its redirect cannot be sent again';
}

/** Everything named: what is left out is not always carried (S3 API reference, CopyObject). */
function copyInput(place: Place, copying: Copying, form: CopyForm): CopyObjectCommandInput {
  const { request, source } = copying;
  const { bucket, facts, versionId } = request.source;
  return {
    Bucket: request.destination.bucket,
    Key: request.destination.key,
    CopySource: copySourceOf(bucket, facts.key, versionId),
    CopySourceIfMatch: `"${facts.etag}"`,
    MetadataDirective: 'COPY',
    TaggingDirective: 'COPY',
    StorageClass: source.storageClass as NonNullable<CopyObjectCommandInput['StorageClass']>,
    ...(source.websiteRedirectLocation === undefined
      ? {}
      : { WebsiteRedirectLocation: source.websiteRedirectLocation }),
    ...(form.hasChecksum ? { ChecksumAlgorithm: COPY_CHECKSUM } : {}),
    ...(form.hasCondition ? conditionOf(copying) : {}),
    ...(place.traits.givesOwnerControl ? { ACL: 'bucket-owner-full-control' } : {}),
    ...(place.accountId === undefined ? {} : { ExpectedSourceBucketOwner: place.accountId }),
    ...destinationOwner(place, copying),
  };
}
