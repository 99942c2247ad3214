import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** Starts Debian's Chromium; the one of playwright is not wanted. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: find('chromium'),
    // As root it cannot have its sandbox, and nothing but our own page is shown in it.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
}

function find(program: string): string {
  const paths = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program));
  const found = paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found) throw new Error(`${program} is missing (Debian: apt-get install ${program})`);
  return found;
}
