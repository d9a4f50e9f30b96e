import { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers';
import type { Connection } from '../domain/connection.ts';
import { CredentialsRefusedError } from '../domain/errors.ts';
import type { CredentialsProvider } from '../s3/credentials.ts';

/**
 * The way in that a connection names, before its role is assumed. Profiles are those of ~/.aws on this machine; a
 * connection with a role alone uses what the machine has. The provider rejects with CredentialsRefusedError.
 */
export function credentialsOf(connection: Connection): CredentialsProvider {
  const { name, accessKeyId, secretAccessKey, profile, secretArn } = connection;
  if (secretArn !== undefined) {
    return async () => {
      throw new CredentialsRefusedError(`The connection "${name}" keeps its keys in Secrets Manager.`, {
        subject: { connection: name },
        remedy: 'Secrets are read only in the deployed place. Give the connection a profile or keys here.',
      });
    };
  }
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return async () => ({ accessKeyId, secretAccessKey });
  const provider = profile === undefined ? fromNodeProviderChain() : fromIni({ profile });
  return async () => {
    try {
      return await provider();
    } catch (cause) {
      throw refused(connection, cause);
    }
  };
}

function refused({ name, profile }: Connection, cause: unknown): CredentialsRefusedError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const way = profile === undefined ? "this machine's own credentials" : `the profile "${profile}"`;
  return new CredentialsRefusedError(`The connection "${name}" could not use ${way}: ${why}`, {
    subject: { connection: name },
    remedy:
      profile === undefined
        ? 'Give the connection a profile or keys.'
        : `See that the profile "${profile}" stands in ~/.aws/config or ~/.aws/credentials and is signed in.`,
    cause,
  });
}
