/** Why a tool cannot do what it was asked: one sentence for the person who asked. */
export class Refusal extends Error {}

/** Runs a tool: a refusal is told as its sentence with exit code 2, anything else as the bug that it is. */
export function runTool(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    if (error instanceof Refusal) {
      console.error(error.message);
      process.exitCode = 2;
    } else {
      console.error(error);
      process.exitCode = 1;
    }
  });
}
