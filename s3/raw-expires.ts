import type { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';

/** The SDK sends `Expires` from a date only; objects hold texts that are none, and they are carried letter by letter. */
export function sendRawExpires(command: CreateMultipartUploadCommand, expires: string | undefined): void {
  if (expires === undefined) return;
  command.middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers['expires'] = expires;
      return next(args);
    },
    { step: 'build', name: 'rawExpires' },
  );
}
