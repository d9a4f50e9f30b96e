import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectTaggingCommand,
  UploadPartCopyCommand,
  type CompletedPart,
  type CreateMultipartUploadCommandInput,
} from '@aws-sdk/client-s3';
import { StorageUnavailableError } from '../domain/errors.ts';
import { COPY_CHECKSUM } from '../domain/job-documents.ts';
import type { ObjectTags } from '../domain/objects.ts';
import type { CopyReceipt, RegisteredUpload } from '../domain/ports.ts';
import { planParts, type PartRange } from '../domain/sizes.ts';
import { copySourceOf } from './copy-source.ts';
import {
  attemptsOf,
  conditionOf,
  destinationOwner,
  lookAtDestination,
  lookBeforeUnguarded,
  sourceOf,
  type CopyForm,
  type CopyForms,
  type Copying,
} from './destination.ts';
import { mapBounded } from './bounded.ts';
import { withoutQuotes } from './listing-page.ts';
import type { Place } from './place.ts';
import { headObject, readTags } from './reading.ts';
import { sendRawExpires } from './raw-expires.ts';
import { etagOfParts } from './sameness.ts';
import { abortUpload } from './uploads.ts';

/** Of one object; several objects are copied at once besides. */
const PARTS_AT_ONCE_MAX = 8;

/**
 * Copies one object by UploadPartCopy. Headers, metadata, tags, storage class and redirect are sent again, because an
 * upload carries none of them over. The upload is registered before its first part and aborted when it fails.
 */
export class PartsCopier {
  constructor(
    private readonly place: Place,
    private readonly forms: CopyForms,
  ) {}

  async copy(copying: Copying): Promise<CopyReceipt> {
    const tags = await this.tagsOf(copying);
    const { bucket, key } = copying.request.destination;
    const etag = await this.forms.run(
      bucket,
      async (form) => {
        const uploadId = await this.begin(copying, tags, form);
        return this.fill(copying, { bucket, key, uploadId }, form);
      },
      () => lookBeforeUnguarded(this.place, copying),
    );
    await this.tagAfterwards(copying, tags);
    return { etag, path: 'multipart' };
  }

  /** For a copy that was found complete: a run that was killed may have ended between the copy and its tags. */
  async finishTags(copying: Copying): Promise<void> {
    if (!this.place.traits.keepsTagsOfUploads) await this.tagAfterwards(copying, await this.tagsOf(copying));
  }

  private async tagsOf({ request, source, signal }: Copying): Promise<ObjectTags> {
    // No count is either no tag or no permission to count: only the first may be skipped, so it is asked.
    if (source.tagCount === 0) return {};
    return readTags(this.place, { ...sourceOf(request), signal });
  }

  private begin(copying: Copying, tags: ObjectTags, form: CopyForm): Promise<string> {
    const command = () => {
      const created = new CreateMultipartUploadCommand(createInput(this.place, copying, tags, form));
      sendRawExpires(created, copying.source.systemHeaders['expires']);
      return created;
    };
    return this.place.requests.run(
      { operation: 'CreateMultipartUpload', ...copying.request.destination },
      async (client, options) => {
        const { UploadId } = await client.send(command(), options);
        if (!UploadId) throw new StorageUnavailableError('CreateMultipartUpload answered without an upload id');
        return UploadId;
      },
      { signal: copying.signal },
    );
  }

  private async fill(copying: Copying, upload: RegisteredUpload, form: CopyForm): Promise<string> {
    const { uploads } = copying.request;
    try {
      await uploads.begun(upload);
      const parts = await this.copyParts(copying, upload);
      if (!this.place.traits.honoursCopyConditions) await this.lookAgain(copying);
      const etag = await this.complete(copying, upload, parts, form);
      await uploads.ended(upload);
      return etag;
    } catch (error) {
      // What cannot be aborted now stays registered, and is aborted by whoever resumes; the first error is the reason.
      const isAborted = await abortUpload(this.place, upload).then(
        () => true,
        () => false,
      );
      if (isAborted) await uploads.ended(upload).catch(() => undefined);
      throw error;
    }
  }

  private copyParts(copying: Copying, upload: RegisteredUpload): Promise<CompletedPart[]> {
    const ranges = planParts(copying.source.sizeBytes, copying.request.partSizeBytes);
    return mapBounded(
      ranges,
      PARTS_AT_ONCE_MAX,
      (range, signal) => this.copyPart(copying, upload, range, signal),
      copying.signal,
    );
  }

  /** A part is safe to repeat: the same number replaces it. The condition stands on each, or two sources could mix. */
  private copyPart(copying: Copying, upload: RegisteredUpload, range: PartRange, signal: AbortSignal) {
    const { bucket, facts, versionId } = copying.request.source;
    const command = () =>
      new UploadPartCopyCommand({
        Bucket: upload.bucket,
        Key: upload.key,
        UploadId: upload.uploadId,
        PartNumber: range.partNumber,
        CopySource: copySourceOf(bucket, facts.key, versionId),
        CopySourceIfMatch: `"${facts.etag}"`,
        CopySourceRange: `bytes=${range.firstByte}-${range.lastByte}`,
        ...this.ownersOf(copying),
      });
    const { key } = upload;
    return this.place.requests.run(
      { operation: 'UploadPartCopy', bucket: upload.bucket, key, source: { bucket, key: facts.key } },
      async (client, options): Promise<CompletedPart> => {
        const { CopyPartResult: part } = await client.send(command(), options);
        if (!part?.ETag) throw new StorageUnavailableError('UploadPartCopy answered without an ETag');
        const checksum = part.ChecksumCRC64NVME;
        return {
          PartNumber: range.partNumber,
          ETag: part.ETag,
          ...(checksum === undefined ? {} : { ChecksumCRC64NVME: checksum }),
        };
      },
      { signal },
    );
  }

  /** For providers that ignore conditions: the source as listed, the destination still free. */
  private async lookAgain(copying: Copying): Promise<void> {
    await headObject(this.place, { ...sourceOf(copying.request), signal: copying.signal });
    await lookAtDestination(this.place, copying);
  }

  private complete(
    copying: Copying,
    upload: RegisteredUpload,
    parts: CompletedPart[],
    form: CopyForm,
  ): Promise<string> {
    const ownEtag = etagOfParts(parts.map((part) => withoutQuotes(part.ETag ?? '')));
    const command = () =>
      new CompleteMultipartUploadCommand({
        Bucket: upload.bucket,
        Key: upload.key,
        UploadId: upload.uploadId,
        MultipartUpload: { Parts: parts },
        MpuObjectSize: copying.source.sizeBytes,
        ...(form.hasCondition ? conditionOf(copying) : {}),
        ...destinationOwner(this.place, copying),
      });
    return this.place.requests.run(
      { operation: 'CompleteMultipartUpload', bucket: upload.bucket, key: upload.key },
      async (client, options) => {
        const answer = await client.send(command(), options);
        // Ceph RGW leaves the ETag out the first time; it is then the one that follows from the parts.
        return withoutQuotes(answer.ETag ?? '') || ownEtag;
      },
      {
        signal: copying.signal,
        lookBeforeRepeating: () => this.findCompleted(copying, ownEtag),
        ...attemptsOf(copying),
      },
    );
  }

  /** After a lost answer the upload may be gone because it was completed: the object itself tells. */
  private async findCompleted(copying: Copying, ownEtag: string): Promise<string | undefined> {
    const standing = await lookAtDestination(this.place, copying, ownEtag);
    return standing.at === 'same' ? standing.etag : undefined;
  }

  private async tagAfterwards(copying: Copying, tags: ObjectTags): Promise<void> {
    if (this.place.traits.keepsTagsOfUploads || Object.keys(tags).length === 0) return;
    const { bucket, key } = copying.request.destination;
    const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await this.place.requests.run(
      { operation: 'PutObjectTagging', bucket, key },
      async (client, options) => {
        await client.send(new PutObjectTaggingCommand({ Bucket: bucket, Key: key, Tagging: { TagSet } }), options);
      },
      { signal: copying.signal },
    );
  }

  private ownersOf(copying: Copying): { ExpectedBucketOwner?: string; ExpectedSourceBucketOwner?: string } {
    const { accountId } = this.place;
    return {
      ...destinationOwner(this.place, copying),
      ...(accountId === undefined ? {} : { ExpectedSourceBucketOwner: accountId }),
    };
  }
}

function createInput(
  place: Place,
  copying: Copying,
  tags: ObjectTags,
  form: CopyForm,
): CreateMultipartUploadCommandInput {
  const { source, request } = copying;
  const headers = source.systemHeaders;
  const optional = {
    CacheControl: headers['cache-control'],
    ContentDisposition: headers['content-disposition'],
    ContentEncoding: headers['content-encoding'],
    ContentLanguage: headers['content-language'],
    ContentType: headers['content-type'],
    WebsiteRedirectLocation: source.websiteRedirectLocation,
    Tagging: place.traits.keepsTagsOfUploads ? tagsAsQuery(tags) : undefined,
    ACL: place.traits.givesOwnerControl ? ('bucket-owner-full-control' as const) : undefined,
    ChecksumAlgorithm: form.hasChecksum ? COPY_CHECKSUM : undefined,
    ChecksumType: form.hasChecksum ? ('FULL_OBJECT' as const) : undefined,
  };
  return {
    Bucket: request.destination.bucket,
    Key: request.destination.key,
    Metadata: source.userMetadata,
    StorageClass: source.storageClass as NonNullable<CreateMultipartUploadCommandInput['StorageClass']>,
    ...destinationOwner(place, copying),
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as object),
  };
}

/** `x-amz-tagging` is a URL query (S3 API reference, CreateMultipartUpload). */
const tagsAsQuery = (tags: ObjectTags): string | undefined =>
  Object.keys(tags).length === 0
    ? undefined
    : Object.entries(tags)
        .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
        .join('&');
