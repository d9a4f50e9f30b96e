import type { Random } from '../../domain/time.ts';
import type { ApiPorts } from '../../functions/api/ports.ts';
import { Janitor } from '../../functions/api/janitor.ts';
import { Turns } from '../../functions/api/turns.ts';
import { viewJob } from '../../functions/progress/job-view.ts';
import {
  revokeAccess,
  runPreflight,
  steps,
  thawSource,
  type Step,
  type StepPorts,
} from '../../functions/steps/index.ts';
import { openConnections } from '../../local/connections.ts';
import { definitions, substitutionsFor } from '../../local/definitions.ts';
import { executionArn } from '../../local/engine/description.ts';
import { Engine } from '../../local/engine/engine.ts';
import type { EngineResources } from '../../local/engine/resources.ts';
import { flowsOf } from '../../local/flows.ts';
import { createStorageAccess } from '../../s3/access.ts';
import type { KnownSessions } from '../../s3/session.ts';
import type { Cloud } from './cloud.ts';
import type { Kept } from './kept.ts';
import { Life, type Scheduler } from './scheduler.ts';
import { TaskHost } from './tasks.ts';

export type Surroundings = Readonly<{ scheduler: Scheduler; kept: Kept; cloud: Cloud; random: Random }>;

/** One life of the program, from its start until a crash ends it: the product's own parts, put together as it does. */
export class Incarnation {
  readonly life: Life;
  readonly engine: Engine;
  readonly ports: ApiPorts;
  readonly janitor: Janitor;
  readonly turns = new Turns();
  readonly tasks: TaskHost;
  readonly problems: unknown[] = [];
  isReady = false;

  constructor({ scheduler, kept, cloud, random }: Surroundings, number: number) {
    this.life = new Life(`p${number}`, 'process');
    const portsOf = (life: Life, sessions?: KnownSessions) =>
      portsOfLife({ scheduler, kept, cloud, random }, life, sessions);
    // Steps run in the server's process and share its sessions; a task is a process of its own.
    const sessions: KnownSessions = new Map();
    const own: StepPorts & { random: Random } = portsOf(this.life, sessions);
    const { documents, storage, clock } = own;
    this.tasks = new TaskHost({ scheduler, kept, name: this.life.name, portsOf });
    this.engine = Engine.load({
      definitions,
      substitutions: substitutionsFor(Object.keys(steps)),
      resources: resourcesOf(own, this.tasks, (life) => portsOf(life, sessions)),
      journals: kept.journalsOf(this.life),
      clock,
      random,
      onProblem: ({ error }) => this.problems.push(error),
    });
    const flows = flowsOf(this.engine, executionArn);
    this.ports = {
      documents,
      storage,
      connections: openConnections(documents),
      flows,
      logs: kept.logsView(),
      clock,
      random,
      onProblem: (error) => this.problems.push(error),
      health: () => ({ status: 'ok', version: '0', place: 'embedded', sandbox: false }),
      authorize: async () => ({ name: 'operator' }),
      runPreflight: (request) => runPreflight(request, own),
      revokeAccess: async (jobId) => void (await revokeAccess({ jobId }, own)),
      thawSource: async (jobId) => void (await thawSource({ jobId }, own)),
      viewJob: (job) => viewJob(job, { documents, flows, clock }),
    };
    this.janitor = new Janitor(this.ports, this.turns);
  }

  async begin(): Promise<void> {
    await this.engine.recover();
    this.isReady = true;
  }

  /** Nothing is answered any more. Its tasks may work on. */
  die(scheduler: Scheduler, tasksDie: boolean): void {
    this.life.isOver = true;
    scheduler.forget(this.life);
    this.tasks.abandon(tasksDie);
  }
}

function portsOfLife({ scheduler, kept, cloud, random }: Surroundings, life: Life, sessions?: KnownSessions) {
  const documents = kept.documentsOf(life);
  const connections = openConnections(documents);
  const clock = scheduler.clockOf(life);
  const storage = createStorageAccess({
    connections,
    credentialsOf:
      ({ accessKeyId = '', secretAccessKey = '' }) =>
      async () => ({ accessKeyId, secretAccessKey }),
    clock,
    random,
    edge: cloud.edgeOf(life),
    ...(sessions === undefined ? {} : { sessions }),
  });
  return { documents, connections, clock, storage, random };
}

function resourcesOf(ports: StepPorts, tasks: TaskHost, portsOf: (life: Life) => StepPorts): EngineResources {
  const byName: Readonly<Record<string, Step>> = steps;
  return {
    invokeFunction: async ({ functionName, payload }) => {
      const step = byName[functionName];
      if (!step) throw new Error(`There is no step "${functionName}".`);
      return tasks.call((life) => step(payload, portsOf(life)));
    },
    runTask: (args, context) => tasks.run(args, context),
    readItems: async function* ({ key }) {
      const stored = await ports.documents.read(key);
      if (!stored) throw new Error(`There is no document ${key}.`);
      for (const line of new TextDecoder().decode(stored.body).split('\n')) if (line !== '') yield line;
    },
  };
}
