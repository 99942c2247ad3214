import type { Act, Actor } from './actor';

/** What clients have stored at some time: what they are started with may be old. */
export class Storage {
  private readonly stored = new Map<string, string>();

  constructor(private readonly tell: (what: string) => void) {}

  async store({ client }: Actor): Promise<void> {
    this.stored.set(client.name, client.stored());
  }

  /** Ends the app, and starts it with what it stored now, or some time ago, or with nothing. */
  async restart({ client, random }: Actor): Promise<void> {
    const how = random.pick(['now', 'earlier', 'nothing']);
    const text = how === 'now' ? client.stored() : this.stored.get(client.name);
    if (how === 'nothing' || text === undefined) {
      this.tell('started with nothing');
      client.restart(null);
    } else {
      this.tell(how === 'now' ? 'started with stored state' : 'started with old stored state');
      client.restart(text);
    }
  }

  /** What people do with the app itself. */
  get acts(): readonly Act[] {
    return [
      { name: 'store', weight: 0.7, run: (actor) => this.store(actor) },
      { name: 'restart', weight: 1, run: (actor) => this.restart(actor) },
      { name: 'scroll', weight: 1, run: ({ client }) => client.scroll() },
    ];
  }
}
