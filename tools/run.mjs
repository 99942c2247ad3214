// `npm run users`, `npm run replay`, `npm run bench`: builds what is missing, then becomes what is named.
import { Console } from 'node:console';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, install, root } from '../scripts/prepare.mjs';

const { console } = globalThis;
globalThis.console = new Console(process.stderr); // stdout is the tool's: it may be piped
install();
build();
globalThis.console = console;

const [name] = process.argv.splice(2, 1);
const tool = join(root, 'dist', `${name}.js`);
process.argv[1] = tool;
await import(pathToFileURL(tool).href);
