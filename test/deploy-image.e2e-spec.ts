import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../bench/support/ports';
import { readDockerfile, type Stage } from './support/dockerfile';
import { call } from './support/person';
import { urlOf } from './support/run-tool';
import { removeDataDirs, ServerProcess } from './support/server-process';
import { createDatabase, dropDatabase } from './support/start-app';

const ROOT = join(__dirname, '..');
const DOCKERFILE = join(ROOT, 'deploy/docker/Dockerfile');
const run = promisify(execFile);

// Without Docker: what the Dockerfile copies and runs is copied and run in folders, one for each stage.
it('an image that is built as the Dockerfile says serves, is found healthy, and stops', async () => {
  const dir = await ServerProcess.dataDir();
  const database = await createDatabase();
  const [build, last] = readDockerfile(await readFile(DOCKERFILE, 'utf8')) as [Stage, Stage];
  const app = join(dir, 'app');
  try {
    await carryOut(build, join(dir, 'build'), ROOT);
    await carryOut(last, app, join(dir, 'build'));
    // The image is all that there is.
    await rm(join(dir, 'build'), { recursive: true });

    const port = String(await freePort());
    const settings = {
      ...Object.fromEntries([last.the('ENV').split('=') as [string, string]]),
      ...{ DATABASE_URL: urlOf(database), JWT_SECRET: 'of a container, and not of anything else' },
      PORT: port,
    };
    const [, ...command] = JSON.parse(last.the('CMD')) as string[];
    const main = join(app, command.pop() ?? '');
    const server = await ServerProcess.start(app, { ...settings, NODE_OPTIONS: command.join(' ') }, main);
    const [, ...question] = JSON.parse(/CMD (.*)$/.exec(last.the('HEALTHCHECK'))?.[1] ?? '') as string[];
    const health = () => run(process.execPath, question, { env: { PORT: port } });
    await health();
    expect(await call(server.url, 'GET', '/health/live')).toMatchObject({ status: 200 });
    expect(await server.end()).toBe(0);
    await expect(health()).rejects.toMatchObject({ code: 1 });
  } finally {
    await dropDatabase(database);
    await removeDataDirs(dir);
  }
}, 600_000);

/** Does in a folder what a stage does in its working directory. */
async function carryOut(stage: Stage, folder: string, context: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, text } of stage.instructions) {
    if (name === 'COPY') await copy(text, folder, context);
    if (name === 'RUN') {
      const env = { ...process.env, NODE_ENV: undefined };
      await run('/bin/sh', ['-c', text], { cwd: folder, env, maxBuffer: 2 ** 26 });
    }
  }
}

async function copy(text: string, folder: string, context: string): Promise<void> {
  const paths = text.split(/\s+/).filter((word) => !word.startsWith('--'));
  const to = join(folder, paths.pop() ?? '');
  const into = text.endsWith('/');
  for (const path of paths) {
    const from = join(context, path.replace(/^\/app\//, ''));
    const target = into ? join(to, basename(path)) : to;
    const filter = context === ROOT ? isInContext : undefined;
    await cp(from, target, { recursive: true, verbatimSymlinks: true, filter });
  }
}

/** What Dockerfile.dockerignore leaves. */
function isInContext(path: string): boolean {
  return !/\/(node_modules|dist)(\/|$)|\.spec\.ts$|\.tsbuildinfo$/.test(path.slice(ROOT.length));
}
