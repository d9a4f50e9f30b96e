import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Connection } from '../domain/connection.ts';
import { MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import type { Credentials } from './credentials.ts';

const SOCKETS_MAX = 256;
const CONNECT_WAIT_MS = 10 * SECOND_MS;
/** CopyObject of 5 GiB may take minutes; while it works S3 sends blanks, so silence is shorter than the whole. */
const ANSWER_WAIT_MS = 10 * MINUTE_MS;
const SILENCE_WAIT_MS = 5 * MINUTE_MS;

const quiet = () => undefined;
const silentLogger = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };

/** Makes the clients where the storage answers in this process, without sockets and signatures. */
export type Edge = Readonly<{
  s3: (config: S3ClientConfig, credentials: Credentials) => S3Client;
  sts: (config: STSClientConfig, credentials: Credentials) => STSClient;
}>;

/**
 * Makes the SDK's clients of one connection. All share the same sockets; clients themselves are cheap and hold one
 * set of credentials and one Region each, so that nothing in the SDK decides when a session is renewed.
 */
export class Connector {
  private readonly sockets: NodeHttpHandler | undefined;

  constructor(
    private readonly connection: Connection,
    socketsMax = SOCKETS_MAX,
    private readonly edge?: Edge,
  ) {
    this.sockets = edge ? undefined : newSockets(socketsMax);
  }

  /** Retries are ours (requests.ts): the SDK's would use its own time and chance, and repeat a copy blindly. */
  s3(region: string, credentials: Credentials): S3Client {
    const { addressing, kind } = this.connection;
    const config: S3ClientConfig = {
      ...this.common(),
      region,
      forcePathStyle: addressing === undefined ? kind !== 'aws' : addressing === 'path',
      // Only where S3 demands it: other providers do not know the newer trailers.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    };
    return this.edge?.s3(config, credentials) ?? new S3Client({ ...config, credentials });
  }

  /** The Region's own endpoint for AWS: tokens of the global one fail in opt-in Regions (IAM user guide, "Manage AWS STS"). */
  sts(credentials: Credentials): STSClient {
    const config: STSClientConfig = { ...this.common(), region: this.connection.region };
    return this.edge?.sts(config, credentials) ?? new STSClient({ ...config, credentials });
  }

  private common() {
    const { endpoint } = this.connection;
    return {
      maxAttempts: 1,
      logger: silentLogger,
      ...(this.sockets === undefined ? {} : { requestHandler: this.sockets }),
      ...(endpoint === undefined ? {} : { endpoint }),
    };
  }

  close(): void {
    this.sockets?.destroy();
  }
}

function newSockets(socketsMax: number): NodeHttpHandler {
  const sockets = { keepAlive: true, maxSockets: socketsMax };
  return new NodeHttpHandler({
    httpAgent: new HttpAgent(sockets),
    httpsAgent: new HttpsAgent(sockets),
    connectionTimeout: CONNECT_WAIT_MS,
    requestTimeout: ANSWER_WAIT_MS,
    throwOnRequestTimeout: true,
    socketTimeout: SILENCE_WAIT_MS,
    logger: silentLogger,
  });
}
