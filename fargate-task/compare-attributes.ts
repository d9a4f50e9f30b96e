import type { ObjectAttributes, ObjectTags } from '../domain/objects.ts';

export type WithTags = Readonly<{ attributes: ObjectAttributes; tags: ObjectTags }>;

/** What belongs to the object besides its bytes and is not the same on both sides, by name; empty when all of it is. */
export function attributeDifferences(source: WithTags, destination: WithTags): readonly string[] {
  const [ours, theirs] = [source.attributes, destination.attributes];
  const different = [
    ...differingNames(ours.systemHeaders, theirs.systemHeaders),
    ...differingNames(ours.userMetadata, theirs.userMetadata).map((name) => `x-amz-meta-${name}`),
    ...differingNames(source.tags, destination.tags).map((name) => `tag ${name}`),
  ];
  if (ours.storageClass !== theirs.storageClass) different.push('storage class');
  if (ours.websiteRedirectLocation !== theirs.websiteRedirectLocation) different.push('website redirect');
  if (ours.missingMetadataCount !== theirs.missingMetadataCount) different.push('metadata that cannot be shown');
  return different;
}

function differingNames(ours: Readonly<Record<string, string>>, theirs: Readonly<Record<string, string>>): string[] {
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...names].filter((name) => ours[name] !== theirs[name]).sort();
}
