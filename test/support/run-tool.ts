import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { TestDatabase } from './start-app';

/** Runs a built tool in a folder, with nothing of this process's environment; `npm test` has built it. */
export function runTool(tool: string, args: string[], settings: Record<string, string>, cwd: string) {
  const env = { PATH: process.env.PATH, NODE_ENV: 'test', ...settings };
  const file = join(__dirname, '../../dist/tools', `${tool}.js`);
  const child = spawn(process.execPath, [file, ...args], { env, cwd });
  const output = { stdout: '', stderr: '', code: null as number | null };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return new Promise<typeof output>((resolve) => child.on('close', (code) => resolve({ ...output, code })));
}

/** A database as DATABASE_URL names it. */
export function urlOf({ host, port, user, password, database }: TestDatabase): string {
  const reach = new URLSearchParams({ host });
  return `postgres://${user}:${password}@localhost:${port}/${database}?${reach.toString()}`;
}
