import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import type { InProcessHandler } from '../../local/sandbox/in-process.ts';
import type { Credentials } from '../../s3/credentials.ts';
import type { Edge } from '../../s3/connector.ts';
import { quickSend } from './quick-send.ts';

export type ClientRequest = Parameters<InProcessHandler['handle']>[0];
export type ClientAnswer = Awaited<ReturnType<InProcessHandler['handle']>>;
/** Takes the requests of one life. */
export type Wire = (request: ClientRequest, signal: unknown) => Promise<ClientAnswer>;

/** What goes with each request besides what the SDK makes of it: who asks, and over which wire. */
type Asking = Readonly<{ wire: Wire; credentials: Credentials; region: string }>;

/** Every run of a process uses the same clients, because making one costs more than a dozen requests. */
const clients = new Map<string, S3Client | STSClient>();

export function edgeOver(wire: Wire): Edge {
  return {
    s3: (config, credentials) =>
      asking(
        shared(`s3 ${String(config.region)}`, () => new S3Client(quick(config))),
        {
          wire,
          credentials,
          region: String(config.region),
        },
      ),
    sts: (config, credentials) =>
      asking(
        shared('sts', () => new STSClient(quick(config))),
        { wire, credentials, region: String(config.region) },
      ),
  };
}

function shared<Client extends S3Client | STSClient>(name: string, make: () => Client): Client {
  const client = (clients.get(name) ?? make()) as Client;
  clients.set(name, client);
  return client;
}

/** The same client to look at; what it sends says who asks. */
function asking<Client extends S3Client | STSClient>(client: Client, asked: Asking): Client {
  const send = (command: unknown, options: object = {}): unknown => quickSend(client, command, { ...options, asked });
  return Object.assign(Object.create(client) as Client, { send });
}

const requestHandler = {
  handle: (request: ClientRequest, options: object = {}): Promise<ClientAnswer> => {
    const { asked, abortSignal } = options as { asked: Asking; abortSignal?: unknown };
    Object.assign(request.headers, authorizationOf(asked.credentials, asked.region));
    return asked.wire(request, abortSignal);
  },
  destroy: () => undefined,
  updateHttpClientConfig: () => undefined,
  httpHandlerConfigs: () => ({}),
};

const quick = <Config extends S3ClientConfig | STSClientConfig>(config: Config): Config => ({
  ...config,
  requestHandler,
  credentials: { accessKeyId: 'whoever asks', secretAccessKey: 'nobody looks at it' },
  signer: { sign: async (request: unknown) => request },
  // What the SDK would look up in the environment and in files: reading takes a time that no seed decides.
  authSchemePreference: [],
  defaultUserAgentProvider: async () => [['bucket-migrator', 'simulated']],
  defaultsMode: 'standard',
  disableClockSkewCorrection: false,
  disableS3ExpressSessionAuth: true,
  retryMode: 'standard',
  sigv4aSigningRegionSet: [],
  useArnRegion: false,
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  userAgentAppId: async () => undefined,
});

/** Who asks, without proof: the storage believes it. */
export const authorizationOf = (
  { accessKeyId, sessionToken }: Omit<Credentials, 'secretAccessKey'>,
  region: string,
): Record<string, string> => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/${region}/s3/aws4_request, SignedHeaders=host, Signature=0`,
  'x-amz-date': '20260101T000000Z',
  'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
  ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
});
