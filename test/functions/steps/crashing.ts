import type { DocumentStore, Storage, StorageAccess } from '../../../domain/ports.ts';
import type { StepPorts } from '../../../functions/steps/index.ts';

/** The process is gone: nothing that follows in the step happens. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

export type CrashPoint = Readonly<{
  /** Which effect, from 0. */
  effect: number;
  /** Before it happens, or when it has happened and nobody hears the answer. */
  when: 'before' | 'after';
}>;

/** What changes documents or buckets. */
const EFFECTS: readonly (keyof Storage)[] = [
  'changePolicy',
  'claimBucket',
  'createBucket',
  'removeBucket',
  'removeObjects',
  'abortUpload',
  'setVersioning',
  'applySetting',
];

/** The same ports, whose process dies at one effect and stays dead. Counts the effects that it has seen. */
export class CrashingPorts {
  effectCount = 0;
  private isDead = false;
  private readonly at: CrashPoint | undefined;
  readonly ports: StepPorts;

  constructor(ports: StepPorts, at?: CrashPoint) {
    this.at = at;
    this.ports = { ...ports, documents: this.overDocuments(ports.documents), storage: this.overAccess(ports.storage) };
  }

  private overDocuments(documents: DocumentStore): DocumentStore {
    return {
      read: (path) => this.look(() => documents.read(path)),
      list: (prefix) => documents.list(prefix),
      write: (path, body, condition) => this.effect(() => documents.write(path, body, condition)),
      remove: (path, condition) => this.effect(() => documents.remove(path, condition)),
    };
  }

  private overAccess(access: StorageAccess): StorageAccess {
    return { open: async (request) => this.overStorage(await access.open(request)) };
  }

  private overStorage(storage: Storage): Storage {
    return new Proxy(storage, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function' || !EFFECTS.includes(name as keyof Storage)) return bound(value, target);
        return (...args: unknown[]) => this.effect(() => Reflect.apply(value, target, args) as Promise<unknown>);
      },
    });
  }

  private async look<T>(work: () => Promise<T>): Promise<T> {
    if (this.isDead) throw new Crash();
    return await work();
  }

  private async effect<T>(work: () => Promise<T>): Promise<T> {
    if (this.isDead) throw new Crash();
    const isHere = this.at?.effect === this.effectCount;
    this.effectCount += 1;
    this.isDead = isHere;
    if (isHere && this.at?.when === 'before') throw new Crash();
    const answer = await work();
    if (isHere) throw new Crash();
    return answer;
  }
}

const bound = (value: unknown, target: object): unknown =>
  typeof value === 'function' ? (value.bind(target) as unknown) : value;
