import { bucketOf, type Call } from './call.ts';
import { accessDenied, S3Problem } from './problem.ts';
import type { BucketFacts } from './storage.ts';

/**
 * One address stands for the endpoints of all Regions; the Region that a request is signed for is the endpoint it
 * means. Throws NoSuchBucket, AccessDenied for an owner that was not expected, and S3's answers to a wrong Region:
 *
 *   signed for us-east-1, bucket in the host name   400 AuthorizationHeaderMalformed (the global endpoint's answer)
 *   otherwise                                       301 PermanentRedirect, with the bucket's Region in a header
 */
export function requireRegionOf(call: Call, signedRegion: string | undefined): void {
  const { facts } = bucketOf(call);
  const expectedOwner = call.headers['x-amz-expected-bucket-owner'];
  if (expectedOwner !== undefined && expectedOwner !== facts.accountId) throw accessDenied();
  requirePayer(call, facts);
  if (signedRegion === undefined || signedRegion === facts.region || call.query.has('location')) return;
  const headers = { 'x-amz-bucket-region': facts.region };
  const isInHostName = !call.request.target.startsWith(`/${facts.name}`);
  if (isInHostName && signedRegion === 'us-east-1') {
    throw new S3Problem(
      'AuthorizationHeaderMalformed',
      `The authorization header is malformed; the region '${signedRegion}' is wrong; expecting '${facts.region}'`,
      { fields: { Region: facts.region }, headers },
    );
  }
  throw new S3Problem(
    'PermanentRedirect',
    'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
    { fields: { Endpoint: `s3.${facts.region}.amazonaws.com`, Bucket: facts.name, Region: facts.region }, headers },
  );
}

/** Where the requester pays, strangers must say that they will (S3 user guide, "Requester Pays buckets"). */
function requirePayer(call: Call, facts: BucketFacts): void {
  const isRequesterPays = facts.configurations['requestPayment']?.includes('>Requester<') ?? false;
  if (!isRequesterPays || call.caller.accountId === facts.accountId) return;
  if (call.headers['x-amz-request-payer'] !== 'requester') throw accessDenied();
}
