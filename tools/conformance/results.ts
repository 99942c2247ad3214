import { Gate } from '../support/flow';
import type { Check, Section } from './check';
import { Difference, NotChecked } from './difference';
import { Scene } from './scene';

/** How one promise came out: kept, or why it is not, or was not looked at. */
interface Result {
  readonly promise: string;
  readonly differs?: string;
  readonly notChecked?: string;
}

/** Promises that are looked at at the same time; each registers people, which costs a server some CPU. */
const AT_ONCE = 4;

type Setting = ConstructorParameters<typeof Scene>[1] & { readonly url: string };

/** What was found, by section. */
export class Results {
  private constructor(readonly sections: readonly { title: string; results: readonly Result[] }[]) {}

  static async of(sections: readonly Section[], setting: Setting): Promise<Results> {
    const gate = new Gate(AT_ONCE);
    const found = sections.map(async ({ title, checks }) => ({
      title,
      results: await Promise.all(checks.map((check) => gate.pass(() => look(check, setting)))),
    }));
    return new Results(await Promise.all(found));
  }

  get all(): readonly Result[] {
    return this.sections.flatMap(({ results }) => results);
  }

  get differences(): number {
    return this.all.filter(({ differs }) => differs !== undefined).length;
  }
}

async function look([promise, play]: Check, { url, ...options }: Setting): Promise<Result> {
  const scene = new Scene(url, options);
  try {
    const failure = await play(scene).then(
      () => null,
      (error: unknown) => error,
    );
    if (failure instanceof NotChecked) return { promise, notChecked: failure.message };
    // First what came: that it did not come otherwise often follows from it.
    const wrong = [...new Set([...(await scene.settle()), ...(failure === null ? [] : [explain(failure)])])];
    return wrong.length === 0 ? { promise } : { promise, differs: wrong.join('; ') };
  } finally {
    await scene.end();
  }
}

function explain(error: unknown): string {
  if (error instanceof Difference) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** What a person reads. */
export function describe({ sections, all, differences }: Results): string[] {
  const lines = sections.flatMap(({ title, results }) => [
    '',
    title,
    ...results.map(({ promise, differs, notChecked }) => {
      if (differs !== undefined) return `  DIFFERS  ${promise}: ${differs}`;
      return notChecked === undefined
        ? `  kept     ${promise}`
        : `  -        ${promise} (not checked: ${notChecked})`;
    }),
  ]);
  const kept = all.filter(
    ({ differs, notChecked }) => differs === undefined && notChecked === undefined,
  ).length;
  const skipped = all.length - kept - differences;
  return [...lines, '', `${kept} promises kept, ${differences} not, ${skipped} not checked`];
}
