/** Who is in which room, and who writes when. */
export class Rooms {
  /** In the order in which they write: the first of each room, then the second, and so on. */
  readonly writers: number[] = [];
  /** How many of a room write. */
  readonly slots: number;
  private readonly recipients: number[] = [];
  private readonly slotOf: number[] = [];

  /** @param rooms By client; `writers` is how many of each room write. */
  constructor(rooms: readonly string[], writers = Infinity) {
    const members = new Map<string, number[]>();
    for (const [client, room] of rooms.entries()) {
      const all = members.get(room) ?? [];
      members.set(room, all);
      all.push(client);
    }
    this.slots = Math.min(writers, Math.max(0, ...[...members.values()].map(({ length }) => length)));
    for (let slot = 0; slot < this.slots; slot++) {
      for (const all of members.values()) {
        const client = all[slot];
        if (client === undefined) continue;
        this.writers.push(client);
        this.slotOf[client] = slot;
        this.recipients[client] = all.length - 1;
      }
    }
  }

  writerOf(n: number): number {
    return this.writers[n % this.writers.length] as number;
  }

  /** Which of its room's writers writes a message, from 0. */
  slotOfMessage(n: number): number {
    return this.slotOf[this.writerOf(n)] as number;
  }

  recipientsOf(n: number): number {
    return this.recipients[this.writerOf(n)] as number;
  }
}
