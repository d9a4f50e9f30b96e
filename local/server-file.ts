import { mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How the command line finds the server of a data directory. Holds the token, so it is for the owner only. */
export type ServerFile = Readonly<{ port: number; token: string; pid: number }>;

const pathOf = (dataDirectory: string): string => join(dataDirectory, 'server.json');
export const addressOf = ({ port }: Pick<ServerFile, 'port'>): string => `http://127.0.0.1:${port}`;

export async function writeServerFile(dataDirectory: string, file: ServerFile): Promise<void> {
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const draft = `${pathOf(dataDirectory)}.${file.pid}`;
  await writeFile(draft, JSON.stringify(file), { mode: 0o600 });
  await rename(draft, pathOf(dataDirectory));
}

/** Undefined when no server has left its address here, or nothing that can be read. */
export async function readServerFile(dataDirectory: string): Promise<ServerFile | undefined> {
  try {
    const file = JSON.parse(await readFile(pathOf(dataDirectory), 'utf8')) as Partial<ServerFile>;
    const isWhole = typeof file.port === 'number' && typeof file.token === 'string' && typeof file.pid === 'number';
    return isWhole ? (file as ServerFile) : undefined;
  } catch {
    return undefined;
  }
}

export async function removeServerFile(dataDirectory: string): Promise<void> {
  await unlink(pathOf(dataDirectory)).catch(() => undefined);
}
