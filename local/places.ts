import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the built files stand: beside this file when it is part of them, else in `dist` of the checkout. */
const here = dirname(fileURLToPath(import.meta.url));
const built = existsSync(join(here, 'task.mjs')) ? here : join(here, '..', 'dist');

export const pageDirectory = join(built, 'web');
export const taskEntry = join(built, 'task.mjs');
