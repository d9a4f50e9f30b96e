import type { ObjectRemover, Storage, StorageAccess, StorageRequest } from '../domain/ports.ts';

/** A session that can lay delete markers, opened when the first one is to be laid: most transfers hold none. */
export class MarkingSession implements Pick<ObjectRemover, 'markDeleted'> {
  private readonly access: StorageAccess;
  private readonly request: StorageRequest;
  private opened: Promise<Storage> | undefined;

  constructor(access: StorageAccess, request: StorageRequest) {
    this.access = access;
    this.request = request;
  }

  async markDeleted(bucket: string, key: string, overEtag: string): Promise<void> {
    this.opened ??= this.access.open(this.request);
    await (await this.opened).markDeleted(bucket, key, overEtag);
  }

  async close(): Promise<void> {
    const opened = await this.opened?.catch(() => undefined);
    opened?.close();
  }
}
