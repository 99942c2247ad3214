/** One instruction of a Dockerfile, its continued lines joined. */
interface Instruction {
  name: string;
  text: string;
}

/** What lies between one FROM and the next. */
export class Stage {
  readonly instructions: Instruction[] = [];

  constructor(
    readonly from: string,
    readonly name: string | undefined,
  ) {}

  /** The only instruction of a name. */
  the(name: string): string {
    const found = this.instructions.filter((instruction) => instruction.name === name);
    if (found.length !== 1) throw new Error(`${found.length} instructions ${name}`);
    return found[0]!.text;
  }
}

/** Reads what of the language our Dockerfile uses. */
export function readDockerfile(text: string): Stage[] {
  const lines = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: Stage[] = [];
  for (const line of lines) {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === 'FROM') {
      const [, from = '', as] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
      stages.push(new Stage(from, as));
    } else stages.at(-1)?.instructions.push({ name, text: rest });
  }
  return stages;
}
