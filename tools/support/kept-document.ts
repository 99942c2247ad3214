import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';

/** Writes a document that is generated; with `--check` only says whether the file is as it should be. */
export async function keepDocument(file: string, document: object, command: string): Promise<void> {
  const path = join(process.cwd(), file);
  const options = await resolveConfig(path);
  const text = await format(JSON.stringify(document), { ...options, filepath: path });
  if (!process.argv.includes('--check')) return writeFile(path, text);
  const committed = await readFile(path, 'utf8').catch(() => '');
  if (committed === text) return;
  console.error(`${file} is not what the code says: run "${command}" and commit it.`);
  process.exitCode = 1;
}
