import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import debianPackages from './programs.json';

/** A program that some suites need; programs.json names the Debian package of each. */
export type Program = keyof typeof debianPackages;

/** A suite that needs a program: skipped without it, with a sentence, and failed under CI=true. */
export function describeWith(program: Program, title: string, suite: () => void): void {
  const sentence = `${program} is missing (Debian: apt-get install ${debianPackages[program]})`;
  describeIf(isInstalled(program), title, suite, { need: program, sentence });
}

/** A suite that only root can run: skipped for others, with a sentence, and failed under CI=true. */
export function describeAsRoot(title: string, suite: () => void): void {
  const isRoot = process.getuid?.() === 0;
  describeIf(isRoot, title, suite, { need: 'root', sentence: 'it mounts file systems, which needs root' });
}

function describeIf(
  possible: boolean,
  title: string,
  suite: () => void,
  { need, sentence }: { need: string; sentence: string },
): void {
  if (possible) {
    describe(title, suite);
    return;
  }
  if (process.env.CI === 'true') {
    describe(title, () => {
      it(`needs ${need}`, () => {
        throw new Error(`${sentence}; with CI=true nothing may be skipped`);
      });
    });
    return;
  }
  process.stderr.write(`${title} skipped: ${sentence}\n`);
  describe.skip(`${title} skipped: ${sentence}`, suite);
}

/** Whether a program can be run from the PATH. */
function isInstalled(program: Program): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
