/** Keys that requests are signed with; shaped like the SDK's, so that its providers fit. */
export type Credentials = Readonly<{
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}>;

/** Asked again whenever a session is renewed. May reject; profiles that do not exist are CredentialsRefusedError then. */
export type CredentialsProvider = () => Promise<Credentials>;
