import { join } from 'node:path';
import type { Hono } from 'hono';
import type { Connection } from '../domain/connection.ts';
import { RequestInvalidError } from '../domain/errors.ts';
import type { JobRequest } from '../domain/job-request.ts';
import type { ConnectionRegistry, DocumentStore } from '../domain/ports.ts';
import { SECOND_MS, type Clock, type Random } from '../domain/time.ts';
import { createApi } from '../functions/api/create-api.ts';
import { Janitor } from '../functions/api/janitor.ts';
import type { ApiPorts } from '../functions/api/ports.ts';
import { Turns } from '../functions/api/turns.ts';
import { viewJob } from '../functions/progress/job-view.ts';
import { updateProgress } from '../functions/progress/update-progress.ts';
import { revokeAccess, runPreflight, steps, thawSource, type Step, type StepPorts } from '../functions/steps/index.ts';
import { createStorageAccess } from '../s3/access.ts';
import { openConnections } from './connections.ts';
import { readConnectionsFile } from './connections-file.ts';
import { credentialsOf } from './credentials.ts';
import { lockDataDirectory } from './data-lock.ts';
import { definitions, substitutionsFor } from './definitions.ts';
import { executionArn } from './engine/description.ts';
import { Engine, type EngineResources } from './engine/engine.ts';
import { journalFiles } from './engine/journal-files.ts';
import { flowsOf, jobsOf } from './flows.ts';
import { openFileLogs } from './logs.ts';
import { taskEntry } from './places.ts';
import { ProgressKeeper } from './progress-keeper.ts';
import { openSandbox } from './sandbox-place.ts';
import { hasToken } from './server/security.ts';
import { openDirectoryStore } from './store.ts';
import { systemClock, systemRandom } from './system-time.ts';
import { createTaskRunner } from './tasks.ts';
import { every } from './ticker.ts';
import { version } from './version.ts';

export type SystemOptions = Readonly<{
  dataDirectory: string;
  sandbox: boolean;
  connectionsFile?: string;
  clock?: Clock;
  random?: Random;
  /** What no caller is told: a full disk, a step that broke, access that could not be taken back yet. */
  onProblem?: (problem: unknown) => void;
}>;
export type System = Readonly<{
  api: Hono;
  /** Opens the API; new at every start. */
  token: string;
  /** Ends the tasks after their checkpoints and everything else in order; the jobs go on at the next start. */
  close(): Promise<void>;
}>;

const PROGRESS_MS = 2 * SECOND_MS;
const JANITOR_MS = 30 * SECOND_MS;

/**
 * The whole product in this process, on one directory. Goes on with every job that was running. Rejects with
 * DataDirectoryInUseError and ConnectionsFileError, whose messages are for the person at the keyboard.
 */
export async function openSystem(options: SystemOptions): Promise<System> {
  const closers = new Closers();
  try {
    const lock = await lockDataDirectory(options.dataDirectory);
    closers.add(() => lock.release());
    return await compose(options, closers);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

async function compose(options: SystemOptions, closers: Closers): Promise<System> {
  const { dataDirectory, clock = systemClock, random = systemRandom, onProblem = () => undefined } = options;
  const documents = openDirectoryStore(dataDirectory);
  const stored = openConnections(documents);
  if (options.sandbox) closers.add(await openSandbox({ directory: join(dataDirectory, 'sandbox'), connections: stored, clock, random })); // prettier-ignore
  const given = options.connectionsFile === undefined ? [] : await addConnections(options.connectionsFile, stored);

  const connections = options.sandbox ? stored : withoutSandbox(stored, given);
  const storage = createStorageAccess({ connections, credentialsOf, clock, random });
  const logs = openFileLogs(join(dataDirectory, 'logs'));
  const stepPorts: StepPorts = { documents, storage, connections, clock, random };
  const tasks = createTaskRunner({ entry: taskEntry, dataDirectory, logs, clock });
  const engine = Engine.load({
    definitions,
    substitutions: substitutionsFor(Object.keys(steps)),
    resources: resourcesOf(stepPorts, tasks),
    journals: journalFiles(join(dataDirectory, 'journals')),
    clock,
    random,
    onProblem: ({ error }) => onProblem(error),
  });
  const flows = flowsOf(engine, executionArn);
  const token = random.hex(64);
  const ports: ApiPorts = {
    documents,
    storage,
    connections,
    flows,
    logs,
    clock,
    random,
    onProblem,
    health: () => ({ status: 'ok', version, place: 'embedded', sandbox: options.sandbox }),
    authorize: async (request) => (hasToken(request, token) ? { name: 'operator' } : undefined),
    runPreflight: (request: JobRequest) => runPreflight(request, stepPorts),
    revokeAccess: async (jobId) => void (await revokeAccess({ jobId }, stepPorts)),
    thawSource: async (jobId) => void (await thawSource({ jobId }, stepPorts)),
    viewJob: (job) => viewJob(job, { documents, flows, clock }),
  };
  const turns = new Turns();

  await engine.recover();
  closers.add(() => engine.close());
  closers.add(keepLooking(ports, turns, engine, onProblem));
  return { api: createApi(ports, turns), token, close: () => closers.closeAll() };
}

function resourcesOf(ports: StepPorts, tasks: ReturnType<typeof createTaskRunner>): EngineResources {
  const byName: Readonly<Record<string, Step>> = steps;
  return {
    invokeFunction: async ({ functionName, payload }) => {
      const step = byName[functionName];
      if (!step) throw new Error(`There is no step "${functionName}".`);
      return step(payload, ports);
    },
    runTask: (args, { signal, heartbeat }) => tasks.runTask(args, { signal, heartbeat }),
    readItems: ({ key }) => linesOf(key, ports.documents),
  };
}

async function* linesOf(path: string, documents: DocumentStore): AsyncGenerator<string> {
  const stored = await documents.read(path);
  if (!stored) throw new Error(`There is no document ${path}.`);
  for (const line of new TextDecoder().decode(stored.body).split('\n')) if (line !== '') yield line;
}

/** Numbers every two seconds, and a look after what crashes have left. */
function keepLooking(ports: ApiPorts, turns: Turns, engine: Engine, onProblem: (problem: unknown) => void) {
  const progress = new ProgressKeeper({
    runningJobs: () => jobsOf(engine.list().filter(({ status }) => status === 'RUNNING')),
    update: (jobId) => updateProgress(jobId, ports),
    onProblem,
  });
  const janitor = new Janitor(ports, turns);
  const lookAround = async (): Promise<void> => {
    const { problems } = await janitor.lookAround();
    for (const { error } of problems) onProblem(error);
  };
  const tickers = [
    every(PROGRESS_MS, () => progress.look(), ports.clock, onProblem),
    every(JANITOR_MS, lookAround, ports.clock, onProblem),
  ];
  return async () => void (await Promise.all(tickers.map((ticker) => ticker.stop())));
}

/** Answers their names. */
async function addConnections(file: string, connections: ConnectionRegistry): Promise<readonly string[]> {
  const given = await readConnectionsFile(file);
  for (const connection of given) await connections.put(connection);
  return given.map(({ name }) => name);
}

/** An earlier start may have left its own sandbox's connections; unless they are given, they lead nowhere now. */
function withoutSandbox(connections: ConnectionRegistry, given: readonly string[]): ConnectionRegistry {
  const leads = ({ kind, name }: Connection): boolean => kind !== 'sandbox' || given.includes(name);
  return {
    list: async () => (await connections.list()).filter(leads),
    find: async (name) => {
      const found = await connections.find(name);
      return found && leads(found) ? found : undefined;
    },
    put: async (connection) => {
      if (!leads(connection)) throw new RequestInvalidError([{ field: 'kind', message: SANDBOX_IS_OFF }]);
      await connections.put(connection);
    },
  };
}

const SANDBOX_IS_OFF = 'The built-in sandbox is off. Give a connection of another kind, or start without --no-sandbox.';

/** What was opened last is closed first, and all of it once, whoever asks how often. */
class Closers {
  private readonly closers: (() => Promise<void>)[] = [];
  private closing: Promise<void> | undefined;

  add(close: () => Promise<void>): void {
    this.closers.push(close);
  }

  closeAll(): Promise<void> {
    this.closing ??= (async () => {
      for (const close of this.closers.reverse()) await close();
    })();
    return this.closing;
  }
}
