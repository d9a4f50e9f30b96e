import type { Connection } from '../../domain/connection.ts';
import type { ConnectionRegistry } from '../../domain/ports.ts';

/** Connections in memory. */
export class MemoryStorageConnections implements ConnectionRegistry {
  private readonly connections = new Map<string, Connection>();

  add(name: string, accountId: string, more: Partial<Connection> = {}): void {
    const roleArn = `arn:aws:iam::${accountId}:role/${name}`;
    this.connections.set(name, { name, kind: 'aws', region: 'us-east-1', roleArn, ...more });
  }

  async list(): Promise<readonly Connection[]> {
    return [...this.connections.values()];
  }

  async find(name: string): Promise<Connection | undefined> {
    return this.connections.get(name);
  }

  async put(connection: Connection): Promise<void> {
    this.connections.set(connection.name, connection);
  }
}
