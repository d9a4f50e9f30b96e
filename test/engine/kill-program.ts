import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, EpochMs } from '../../domain/time.ts';
import { Engine } from '../../local/engine/engine.ts';
import { journalFiles } from '../../local/engine/journal-files.ts';
import { seededRandom } from './virtual-clock.ts';
import { flow, invoke, machine } from './world.ts';

/** The process that `kill.test.ts` kills: goes on with the execution in a directory, or starts it, and prints how far it is. */
const directory = process.argv[2] ?? '';

const clock: Clock = {
  nowMs: () => Date.now() as EpochMs,
  sleep: (waitMs) => new Promise((resolve) => setTimeout(resolve, waitMs)),
};

const each = {
  Type: 'Map',
  Items: '{% $range(1, 200, 1) %}',
  ItemProcessor: {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    ...flow({ Work: invoke('work', { Next: 'Again' }), Again: invoke('again') }),
  },
  MaxConcurrency: 8,
  Output: '{% $sum($states.result) %}',
  End: true,
};

const engine = Engine.load({
  definitions: { main: machine({ each }) },
  substitutions: {},
  resources: {
    invokeFunction: async ({ functionName, payload }) => {
      appendFileSync(join(directory, 'effects'), `${functionName} ${String(payload)}\n`);
      process.stdout.write('.');
      return payload;
    },
    runTask: () => Promise.reject(new Error('no tasks here')),
    readItems: () => {
      throw new Error('no items here');
    },
  },
  journals: journalFiles(join(directory, 'journals')),
  clock,
  random: seededRandom(1),
});

await engine.recover();
const { execution } = engine.list()[0] ?? (await engine.start('main', 'job', {}));
const { status, output } = await engine.whenEnded(execution);
await engine.close();
process.stdout.write(`\n${JSON.stringify({ status, output })}\n`);
