// "npm start": builds when something is missing or older than its sources, then is "bucket-migrator start".
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';

const program = resolve(import.meta.dirname, '../dist/cli.mjs');

await build({ log: console.error });
process.argv.splice(1, process.argv.length - 1, program, 'start', ...process.argv.slice(2));
await import(pathToFileURL(program).href);
