import type { Storage, StorageRequest } from '../../domain/ports.ts';
import type { StepPorts } from './step-ports.ts';

/** One session for one piece of work; closed whatever comes of it. */
export async function withStorage<T>(
  request: StorageRequest,
  { storage }: Pick<StepPorts, 'storage'>,
  work: (storage: Storage) => Promise<T>,
): Promise<T> {
  const opened = await storage.open(request);
  try {
    return await work(opened);
  } finally {
    opened.close();
  }
}
