import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Edge } from '../../s3/connector.ts';

type Sent = {
  method: string;
  path: string;
  query?: Record<string, unknown>;
  headers: Record<string, string>;
  body?: unknown;
};

/**
 * Stands between the product and the network and reads every deletion that leaves it, so that the promise is about
 * what is sent and not about what the code means to send.
 */
export class DeletionWatch {
  /** Deletions of objects that left, and those of them that named neither an ETag nor a version. */
  seenCount = 0;
  readonly unconditional: string[] = [];
  private readonly handler = new NodeHttpHandler();

  readonly edge: Edge = {
    s3: (config, credentials) => {
      const client = new S3Client({ ...config, credentials, requestHandler: this.handler });
      client.middlewareStack.add(
        (next) => (args) => {
          this.read(args.request as Sent);
          return next(args);
        },
        { step: 'finalizeRequest', priority: 'low', name: 'deletionWatch' },
      );
      return client;
    },
    sts: (config, credentials) => new STSClient({ ...config, credentials, requestHandler: this.handler }),
  };

  close(): void {
    this.handler.destroy();
  }

  private read({ method, path, query = {}, headers, body }: Sent): void {
    if (method === 'DELETE' && isOfObject(path) && !('uploadId' in query)) {
      this.judge(`DELETE ${path}`, headers['if-match'] !== undefined || query['versionId'] !== undefined);
    }
    if (method !== 'POST' || !('delete' in query)) return;
    const text = String(body);
    if (text.includes('<Quiet>true')) this.unconditional.push('a quiet DeleteObjects, which does not answer for each');
    for (const [entry] of text.matchAll(/<Object>.*?<\/Object>/gs)) {
      this.judge(entry, /<(ETag|VersionId)>[^<]+</.test(entry));
    }
  }

  private judge(what: string, isExact: boolean): void {
    this.seenCount += 1;
    if (!isExact) this.unconditional.push(what);
  }
}

/** `/bucket/key`: the tests address buckets by path. */
const isOfObject = (path: string): boolean => /^\/[^/]+\/./.test(path);
